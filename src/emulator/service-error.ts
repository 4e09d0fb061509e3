/** Errors of the imitated service, with its own words where they are known. */

/** gRPC status names by number, https://grpc.io/docs/guides/status-codes/. */
type GrpcStatus =
  | 'INVALID_ARGUMENT'
  | 'FAILED_PRECONDITION'
  | 'OUT_OF_RANGE'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'RESOURCE_EXHAUSTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'UNKNOWN';

const STATUS_NAMES: Readonly<Record<number, GrpcStatus>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** An answer that is an error. */
export class ServiceError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details?: readonly unknown[],
    readonly grpcStatus: GrpcStatus = STATUS_NAMES[status] ?? 'UNKNOWN',
  ) {
    super(message);
  }

  /** The body as the service writes it, https://cloud.google.com/apis/design/errors#http_mapping. */
  get body(): unknown {
    const {status: code, message, grpcStatus: status, details} = this;
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

export function missingKey(): ServiceError {
  return new ServiceError(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  );
}

export function unknownModel(name: string): ServiceError {
  return new ServiceError(
    404,
    `${name} is not found for API version v1beta, or is not supported for batchGenerateContent. Call ListModels to see the list of available models and their supported methods.`,
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

export function unknownField(name: string): ServiceError {
  const message = `Invalid JSON payload received. Unknown name "${name}": Cannot find field.`;
  return new ServiceError(400, message, [
    {'@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{description: message}]},
  ]);
}

/** @param retryDelaySeconds - what `RetryInfo` asks for; without it there is none, as often on batch calls. */
export function quotaExceeded(retryDelaySeconds?: number): ServiceError {
  const links = [
    {
      description: 'Learn more about Gemini API quotas',
      url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
    },
  ];
  const retry = retryDelaySeconds === undefined ? '' : ` Please retry in ${retryDelaySeconds.toFixed(1)}s.`;
  return new ServiceError(
    429,
    `You exceeded your current quota, please check your plan and billing details.${retry}`,
    [
      {'@type': 'type.googleapis.com/google.rpc.Help', links},
      ...(retryDelaySeconds === undefined
        ? []
        : [{'@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryDelaySeconds}s`}]),
    ],
  );
}
