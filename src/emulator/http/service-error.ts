/** Errors of the imitated service, with its own words where they are known. */

/** Names of gRPC codes by HTTP status, https://cloud.google.com/apis/design/errors#http_mapping. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  412: 'FAILED_PRECONDITION',
  416: 'OUT_OF_RANGE',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** An answer that is an error. */
export class ServiceError extends Error {
  /** @param status - of HTTP */
  constructor(
    readonly status: number,
    message: string,
    readonly details?: readonly unknown[],
  ) {
    super(message);
  }

  /** The body as the service writes it. */
  get body(): unknown {
    const {status: code, message, details} = this;
    const status = STATUS_NAMES[code] ?? 'UNKNOWN';
    return {error: {code, message, status, ...(details === undefined ? {} : {details})}};
  }
}

/** What the service says of a key that it does not know: 400, not 401. */
export function invalidKey(): ServiceError {
  const message = 'API key not valid. Please pass a valid API key.';
  return new ServiceError(400, message, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: {service: 'generativelanguage.googleapis.com'},
    },
    {'@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message},
  ]);
}

/** What Google Cloud says of a call without credentials, or with ones that it does not know. */
export function invalidToken(): ServiceError {
  return new ServiceError(
    401,
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'ACCESS_TOKEN_TYPE_UNSUPPORTED',
        domain: 'googleapis.com',
      },
    ],
  );
}

export function missingKey(): ServiceError {
  return new ServiceError(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  );
}

/**
 * The answer for a model that is unknown or cannot do what is asked for.
 *
 * @param id - without `models/`
 */
export function unknownModel(id: string, {version, method}: {version: string; method: string}): ServiceError {
  return new ServiceError(
    404,
    `models/${id} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  );
}

/** A file that never was, is gone or is another project's: 403, not 404. */
export function unknownFile(id: string): ServiceError {
  return new ServiceError(403, `You do not have permission to access the File ${id} or it may not exist.`);
}

/** The id of a result file is longer than the methods for files allow. */
export function longFileId(method: string): ServiceError {
  return new ServiceError(
    400,
    `* ${method}.name: File ID (name excluding 'files/') cannot be more than 40 characters.\n`,
  );
}

export function unknownBatch(name: string): ServiceError {
  return new ServiceError(404, `Requested entity was not found: ${name}`);
}

/** @param at - the object that has the field; without it the field is on top. */
export function unknownField(name: string, at?: string): ServiceError {
  const place = at === undefined ? '' : ` at '${at}'`;
  const description = `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`;
  const violation = at === undefined ? {description} : {field: at, description};
  return new ServiceError(400, description, [
    {'@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [violation]},
  ]);
}

/** Word for word as captured on batch calls, langchain4j pull request 3942. */
const QUOTA_EXCEEDED =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. ';

/**
 * The refusal for lack of quota.
 *
 * @param options - `retryDelaySeconds` is what `RetryInfo` asks for; without it there is none, as often on batch calls.
 */
export function quotaExceeded({
  message = QUOTA_EXCEEDED,
  retryDelaySeconds,
}: {
  message?: string;
  retryDelaySeconds?: number | undefined;
} = {}): ServiceError {
  const help = {
    '@type': 'type.googleapis.com/google.rpc.Help',
    links: [
      {
        description: 'Learn more about Gemini API quotas',
        url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
      },
    ],
  };
  if (retryDelaySeconds === undefined) return new ServiceError(429, message, [help]);
  const retry = {'@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryDelaySeconds}s`};
  return new ServiceError(429, `${message.trimEnd()} Please retry in ${retryDelaySeconds.toFixed(1)}s.`, [
    help,
    retry,
  ]);
}
