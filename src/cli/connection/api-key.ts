import {createApiKeyRedactor} from '../../lib/domain/api-key/redact-api-key.js';
import {GembatchError} from '../../lib/domain/errors.js';
import {looksLikeApiKey} from '../../lib/domain/api-key/api-key-form.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** An API key and where it came from. */
export interface ApiKey {
  readonly value: string;
  /** What a person should know about the choice. */
  readonly warning?: string;
}

/**
 * The API key of an environment: `GOOGLE_API_KEY` before `GEMINI_API_KEY`, blanks around it left out, as the SDK has it
 * (`googleapis/js-genai` `src/node/node_client.ts`, `getApiKeyFromEnv`).
 *
 * @throws GembatchError KEY_MISSING when neither is set to anything but blanks; KEY_REFUSED when it cannot be a key.
 */
export function apiKeyFrom(environment: Environment): ApiKey {
  const google = environment['GOOGLE_API_KEY']?.trim();
  const gemini = environment['GEMINI_API_KEY']?.trim();
  const value = google || gemini;
  if (!value) throw new GembatchError('KEY_MISSING', 'There is no API key: GEMINI_API_KEY is not set.');

  const name = google ? 'GOOGLE_API_KEY' : 'GEMINI_API_KEY';
  if (!looksLikeApiKey(value)) {
    throw new GembatchError(
      'KEY_REFUSED',
      `${name} contains a space, a line break or another character that no API key has; nothing was sent.`,
      {suggestions: [`Set ${name} to the key alone, as it is shown at https://aistudio.google.com/apikey`]},
    );
  }
  return google && gemini && google !== gemini
    ? {value, warning: 'GOOGLE_API_KEY and GEMINI_API_KEY are both set; GOOGLE_API_KEY is used.'}
    : {value};
}

/** The variable of an environment that has the API key which is used; undefined where none has one. */
export function apiKeyVariable(environment: Environment): string | undefined {
  return ['GOOGLE_API_KEY', 'GEMINI_API_KEY'].find((name) => environment[name]?.trim());
}

/** Whether an environment names an API key. */
export function hasApiKey(environment: Environment): boolean {
  return apiKeyVariable(environment) !== undefined;
}

/** `text` with every API key of the environment left out: the last guard before it is printed. */
export function redactApiKeys(text: string, environment: Environment): string {
  return createApiKeysRedactor(environment)(text);
}

/** `redactApiKeys` for many texts. */
export function createApiKeysRedactor(environment: Environment): (text: string) => string {
  const redactors = [environment['GOOGLE_API_KEY'], environment['GEMINI_API_KEY']].map((key) =>
    createApiKeyRedactor(key?.trim() ?? ''),
  );
  return (text) => redactors.reduce((shown, redact) => redact(shown), text);
}
