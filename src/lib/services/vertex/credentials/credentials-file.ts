/** Reads a file of Google Cloud credentials, and says what is wrong with it before anybody signs in with it. */
import {readFileSync, statSync} from 'node:fs';
import {GembatchError} from '../../../domain/errors.js';
import {isObject, type JsonObject} from '../../../domain/json/json-object.js';

/**
 * The kinds of credentials that there are, and the fields without which they are of no use:
 * https://google.aip.dev/auth/4110 and the pages that it names.
 */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  service_account: ['client_email', 'private_key'],
  authorized_user: ['client_id', 'client_secret', 'refresh_token'],
  external_account: ['audience', 'subject_token_type', 'token_url', 'credential_source'],
  external_account_authorized_user: ['client_id', 'client_secret', 'refresh_token', 'token_url'],
  impersonated_service_account: ['service_account_impersonation_url', 'source_credentials'],
};

/** Those of Google have some 2 KiB. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The credentials in a file. @throws GembatchError `KEY_MISSING` that says what the file lacks; nothing of its content. */
export function readCredentials(path: string): JsonObject {
  const text = readText(path);
  if (text.trim() === '') throw badFile(path, 'is empty');
  let credentials: unknown;
  try {
    credentials = JSON.parse(text);
  } catch {
    const isCut = /^\s*\{/u.test(text) && !/\}\s*$/u.test(text);
    throw badFile(path, isCut ? 'is cut off: its JSON has no end' : 'is not JSON');
  }
  checkKind(path, credentials);
  return credentials;
}

function readText(path: string): string {
  try {
    const stats = statSync(path);
    // Opening a pipe blocks until another process writes to it, and no signal ends that.
    if (!stats.isFile() && !stats.isDirectory()) throw badFile(path, 'is a pipe, a socket or a device');
    if (stats.size > MAX_FILE_BYTES) throw badFile(path, 'is much too large for one');
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof GembatchError) throw error;
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw badFile(path, 'is not there');
    throw badFile(path, `cannot be read (${code === 'EISDIR' ? 'it is a folder' : code})`);
  }
}

function checkKind(path: string, credentials: unknown): asserts credentials is JsonObject {
  if (!isObject(credentials)) throw badFile(path, 'is no file of credentials: it has no object');
  const {type, installed, web} = credentials;
  if (installed !== undefined || web !== undefined)
    throw badFile(
      path,
      'describes an OAuth client, with which a program lets people sign in, and no credentials',
    );
  const fields = typeof type === 'string' && Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  if (fields === undefined)
    throw badFile(
      path,
      `${type === undefined ? 'has no "type"' : `has the type ${JSON.stringify(type)}`}; known are ${Object.keys(FIELDS).join(', ')}`,
    );
  const missing = fields.filter((name) => !credentials[name]);
  if (missing.length > 0) throw badFile(path, `lacks ${missing.map((name) => `"${name}"`).join(', ')}`);
}

function badFile(path: string, what: string): GembatchError {
  return new GembatchError(
    'KEY_MISSING',
    `The file of Google Cloud credentials ${path} ${what}. Nothing was sent.`,
    {
      details: {sent: false},
      suggestions: [
        'Name a whole file of credentials: export GOOGLE_APPLICATION_CREDENTIALS=FILE.json',
        'Or sign in: gcloud auth application-default login',
      ],
    },
  );
}
