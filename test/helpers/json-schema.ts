import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {ROOT} from './run-cli.js';

const ajv = new Ajv2020({allErrors: true, strictTypes: false});

/**
 * What is wrong with `value` by the schema `docs/schemas/<name>.json`; nothing when it is as documented.
 *
 * `expect(schemaErrors('submit', result.json())).toEqual([])`
 */
export function schemaErrors(name: string, value: unknown): string[] {
  const schema: unknown = JSON.parse(readFileSync(join(ROOT, `docs/schemas/${name}.json`), 'utf8'));
  if (typeof schema !== 'object' || schema === null) throw new Error(`${name} is no schema`);
  const validate = ajv.compile(schema);
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({instancePath, message}) => `${instancePath} ${message ?? ''}`);
}
