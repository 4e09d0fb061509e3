/** Access to Google Cloud by the credentials of this machine: google-auth-library finds and renews them. */
import {existsSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type {AuthClient} from 'google-auth-library';
import {GembatchError} from '../../domain/errors.js';
import {isLoopback} from '../http/connection/loopback.js';
import type {Authorize} from './vertex-calls.js';

type Environment = Readonly<Record<string, string | undefined>>;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const FILE_VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';

/** What emulators take. No credentials of anybody's go to a program on this machine that nobody gave them to. */
const PLACEHOLDER = {authorization: 'Bearer emulator'};

/** Errors of a system call or a connection, by which nobody can say anything about the credentials. */
const NETWORK_CODE = /^(?:E(?:AI_AGAIN|CONN\w+|HOSTUNREACH|NETUNREACH|NOTFOUND|PIPE|TIMEDOUT)|UND_ERR_\w+)$/u;

/**
 * How calls to these addresses identify themselves: with the credentials of this machine (a file that
 * `GOOGLE_APPLICATION_CREDENTIALS` names, those of `gcloud auth application-default login`, or the metadata server), and at addresses
 * of this machine, where no such file is named, with a placeholder. They are looked for with the first call.
 *
 * @param addresses - where calls go: Vertex AI and Cloud Storage.
 */
export function authorizer(addresses: readonly string[], environment: Environment): Authorize {
  const isLocal = addresses.every((address) => isLoopback(new URL(address)));
  if (isLocal && !environment[FILE_VARIABLE]) return async () => PLACEHOLDER;
  let client: Promise<AuthClient> | undefined;
  return async () => {
    try {
      client ??= findClient(environment);
      const found = await client;
      checkAddresses(addresses, found.universeDomain);
      return Object.fromEntries((await found.getRequestHeaders()).entries());
    } catch (error) {
      client = undefined;
      throw error instanceof GembatchError ? error : credentialsError(error, environment);
    }
  };
}

async function findClient({[FILE_VARIABLE]: keyFilename}: Environment): Promise<AuthClient> {
  // The default export, because esbuild gives a dynamic import of CommonJS no named ones.
  const {
    default: {GoogleAuth},
  } = await import('google-auth-library');
  return new GoogleAuth({scopes: [SCOPE], ...(keyFilename ? {keyFilename} : {})}).getClient();
}

/** @throws GembatchError `USAGE` for an address that is neither of this machine nor of those who gave the credentials. */
function checkAddresses(addresses: readonly string[], domain: string): void {
  const foreign = addresses
    .map((text) => new URL(text))
    .find((url) => !isLoopback(url) && !isOf(url, domain));
  if (foreign === undefined) return;
  throw new GembatchError(
    'USAGE',
    `${foreign.origin} is neither on this machine nor of ${domain}, whose credentials would be sent there; nothing was sent.`,
    {suggestions: ['Check GOOGLE_VERTEX_BASE_URL and STORAGE_EMULATOR_HOST.']},
  );
}

function isOf({protocol, hostname}: URL, domain: string): boolean {
  return protocol === 'https:' && hostname.endsWith(`.${domain}`);
}

function credentialsError(cause: unknown, environment: Environment): GembatchError {
  const {code, message, status} = fieldsOf(cause);
  if (typeof code === 'string' && NETWORK_CODE.test(code) && environment[FILE_VARIABLE])
    return new GembatchError('SERVICE', `Google's sign-in cannot be reached (${code}); nothing was sent.`, {
      cause,
      details: {sent: false},
    });
  const isRefused = typeof status === 'number' || /invalid_grant|invalid_client|unauthorized/iu.test(message);
  const what = isRefused ? 'Google does not take the credentials' : 'There are no Google Cloud credentials';
  return new GembatchError(
    isRefused ? 'KEY_REFUSED' : 'KEY_MISSING',
    `${what} (${message}). Tried: ${triedText(environment)}. Nothing was sent.`,
    {
      cause,
      details: {sent: false},
      suggestions: [
        'Sign in: gcloud auth application-default login',
        `Or name a file of credentials: export ${FILE_VARIABLE}=FILE.json`,
      ],
    },
  );
}

/** Where credentials were looked for, in the order in which that was done. */
function triedText(environment: Environment): string {
  const named = environment[FILE_VARIABLE];
  const file = wellKnownFile(environment);
  const parts = [
    named
      ? `${FILE_VARIABLE} (${named}${existsSync(named) ? '' : ', which is not there'})`
      : `${FILE_VARIABLE} (not set)`,
  ];
  if (!named)
    parts.push(
      `gcloud's ${file}${existsSync(file) ? '' : ' (not there)'}`,
      'the metadata server of Google Cloud',
    );
  return parts.join(', ');
}

/** https://cloud.google.com/docs/authentication/application-default-credentials#personal */
function wellKnownFile({APPDATA, HOME}: Environment): string {
  const folder = process.platform === 'win32' ? (APPDATA ?? homedir()) : join(HOME ?? homedir(), '.config');
  return join(folder, 'gcloud', 'application_default_credentials.json');
}

function fieldsOf(error: unknown): {code: unknown; message: string; status: unknown} {
  const {code, message, response, cause} = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    message?: unknown;
    response?: {status?: unknown};
    cause?: {code?: unknown};
  };
  const text =
    typeof message === 'string' ? message.replaceAll(/\s*\n\s*/gu, ' ').slice(0, 500) : String(error);
  return {code: code ?? cause?.code, message: text.replace(/\.$/u, ''), status: response?.status};
}
