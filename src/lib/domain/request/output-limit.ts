import {isObject, type JsonObject} from '../json/json-object.js';

/** A new output limit: so many tokens, or so many times the limit that the request has. */
export type OutputLimit = number | {readonly factor: number};

/**
 * Raises the output limit of one request line.
 *
 * The service takes `generationConfig.maxOutputTokens` and the same in snake_case
 * (https://ai.google.dev/api/generate-content#generationconfig); a line keeps the spelling that it has.
 *
 * @param line - the bytes of the line without its newline.
 * @returns the new line; the very same bytes when there is nothing to raise: no JSON object, a limit that is as high
 *   already, or a factor without a limit that it could apply to.
 */
export function withOutputLimit(line: Uint8Array, limit: OutputLimit): Uint8Array {
  const row = parsed(line);
  const request = row?.['request'];
  if (row === null || !isObject(request)) return line;
  const configName = 'generation_config' in request ? 'generation_config' : 'generationConfig';
  const config = isObject(request[configName]) ? request[configName] : {};
  const isSnake = 'max_output_tokens' in config || configName === 'generation_config';
  const limitName = 'maxOutputTokens' in config || !isSnake ? 'maxOutputTokens' : 'max_output_tokens';
  const raised = raise(config[limitName], limit);
  if (raised === null) return line;
  const newConfig = {...config, [limitName]: raised};
  return Buffer.from(JSON.stringify({...row, request: {...request, [configName]: newConfig}}));
}

/** The new limit; null when it is no higher than the old one. */
function raise(old: unknown, limit: OutputLimit): number | null {
  if (typeof old !== 'number') return typeof limit === 'number' ? limit : null;
  const raised = typeof limit === 'number' ? limit : Math.ceil(old * limit.factor);
  return raised > old ? raised : null;
}

function parsed(line: Uint8Array): JsonObject | null {
  try {
    const row: unknown = JSON.parse(Buffer.from(line).toString('utf8'));
    return isObject(row) ? row : null;
  } catch {
    return null; // Not JSON: there is no limit in it, and the line goes out as it is.
  }
}
