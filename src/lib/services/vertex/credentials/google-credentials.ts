/** Access to Google Cloud by the credentials of this machine: google-auth-library finds and renews them. */
import {existsSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type {AuthClient} from 'google-auth-library';
import {GembatchError} from '../../../domain/errors.js';
import {interruption} from '../../../domain/interruption.js';
import {isLoopback} from '../../http/connection/loopback.js';
import {readCredentials} from './credentials-file.js';
import {Deadline} from '../../http/deadline.js';
import type {Authorize} from '../vertex-calls.js';

type Environment = Readonly<Record<string, string | undefined>>;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const FILE_VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';

/** What emulators take. Real credentials must not go to just any program on this machine. */
const PLACEHOLDER = {authorization: 'Bearer emulator'};

const SIGN_IN = 'Sign in: gcloud auth application-default login';

/** How long a sign-in may take; the library itself waits for ever. */
const SIGN_IN_MS = 60_000;

/** Errors of a system call or a connection. They say nothing about the credentials. */
const NETWORK_CODE = /^(?:E(?:AI_AGAIN|CONN\w+|HOSTUNREACH|NETUNREACH|NOTFOUND|PIPE|TIMEDOUT)|UND_ERR_\w+)$/u;

/**
 * How calls to these addresses identify themselves: with the credentials of this machine (a file that
 * `GOOGLE_APPLICATION_CREDENTIALS` names, those of `gcloud auth application-default login`, or the metadata server), and at addresses
 * of this machine, where no such file is named, with a placeholder. They are looked for with the first call.
 *
 * @param addresses - where calls go: Vertex AI and Cloud Storage.
 */
export function createAuthorizer(addresses: readonly string[], environment: Environment): Authorize {
  const isLocal = addresses.every((address) => isLoopback(new URL(address)));
  if (isLocal && !environment[FILE_VARIABLE]) return async () => PLACEHOLDER;
  let client: Promise<AuthClient> | undefined;
  const signIn = async (): Promise<Readonly<Record<string, string>>> => {
    client ??= findClient(environment);
    const found = await client;
    checkAddresses(addresses, found.universeDomain);
    return Object.fromEntries((await found.getRequestHeaders()).entries());
  };
  return async (signal) => {
    const deadline = new Deadline(signal);
    deadline.setTotal(SIGN_IN_MS, silentError);
    try {
      return await deadline.race(signIn());
    } catch (error) {
      client = undefined;
      if (signal?.aborted === true)
        throw interruption('Stopped before Google had answered the sign-in.', signal.reason);
      throw error instanceof GembatchError ? error : credentialsError(error, environment);
    } finally {
      deadline.end();
    }
  };
}

function silentError(ms: number): GembatchError {
  return new GembatchError(
    'SERVICE',
    `Google's sign-in has not answered for ${ms / 1000} s; nothing was sent.`,
    {details: {sent: false}},
  );
}

async function findClient(environment: Environment): Promise<AuthClient> {
  const file = fileOf(environment);
  const credentials = file === undefined ? undefined : readCredentials(file);
  // The default export, because esbuild gives a dynamic import of CommonJS no named ones.
  const {
    default: {GoogleAuth},
  } = await import('google-auth-library');
  return new GoogleAuth({scopes: [SCOPE], ...(credentials === undefined ? {} : {credentials})}).getClient();
}

/** The file that is named, else that of gcloud if there is one. */
function fileOf(environment: Environment): string | undefined {
  const named = environment[FILE_VARIABLE];
  if (named) return named;
  const file = wellKnownFile(environment);
  return existsSync(file) ? file : undefined;
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
  const file = fileOf(environment);
  const details = {sent: false};
  if (typeof status === 'number' && (status >= 500 || status === 429))
    return new GembatchError('SERVICE', `Google's sign-in answered ${status}; nothing was sent.`, {
      cause,
      details,
    });
  if (typeof code === 'string' && NETWORK_CODE.test(code) && file !== undefined)
    return new GembatchError('SERVICE', `Google's sign-in cannot be reached (${code}); nothing was sent.`, {
      cause,
      details,
    });
  if (file === undefined)
    return new GembatchError(
      'KEY_MISSING',
      `There are no Google Cloud credentials. Tried: ${triedText(environment)}. Nothing was sent.`,
      {
        cause,
        details,
        suggestions: [SIGN_IN, `Or name a file of credentials: export ${FILE_VARIABLE}=FILE.json`],
      },
    );
  const isRefused = typeof status === 'number' || /invalid_grant|invalid_client|unauthorized/iu.test(message);
  return new GembatchError(
    isRefused ? 'KEY_REFUSED' : 'KEY_MISSING',
    isRefused
      ? `Google does not take the credentials in ${file} (${message}). Nothing was sent.`
      : `The credentials in ${file} cannot be used (${message}). Nothing was sent.`,
    {cause, details, suggestions: [SIGN_IN, `Or name another file: export ${FILE_VARIABLE}=FILE.json`]},
  );
}

/** Where credentials were looked for, in the order in which that was done. */
function triedText(environment: Environment): string {
  return [
    `${FILE_VARIABLE} (not set)`,
    `gcloud's ${wellKnownFile(environment)} (not there)`,
    'the metadata server of Google Cloud',
  ].join(', ');
}

/** https://cloud.google.com/docs/authentication/application-default-credentials#personal */
function wellKnownFile({APPDATA, CLOUDSDK_CONFIG, HOME}: Environment): string {
  const home = HOME || homedir();
  const parent = process.platform === 'win32' ? (APPDATA ?? home) : join(home, '.config');
  return join(CLOUDSDK_CONFIG || join(parent, 'gcloud'), 'application_default_credentials.json');
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
