import {expect, test} from '@jest/globals';
import {KeyReader} from '../../../../src/lib/domain/request-key/key-reader.js';
import {answerChecks} from '../../../../src/lib/workflows/results/answer-checks.js';

/** Says what is wrong with an answer to a request with this `generationConfig`. */
async function faultOf(config: unknown, answer: string): Promise<string | undefined> {
  const reader = new KeyReader();
  reader.push(Buffer.from(JSON.stringify({key: 'k', request: {contents: [], generationConfig: config}})));
  reader.finish();
  const fault = (await answerChecks(reader))('k')?.(answer);
  return fault === undefined ? undefined : `${fault.outcome}: ${fault.message}`;
}

const JSON_ASKED = {responseMimeType: 'application/json'};

test.each([
  ['in a code fence', '```json\n{"a":1}\n```', 'it is in a code fence'],
  ['cut off', '{"a":1', 'it is cut off'],
  ['NaN', '{"a":NaN}', 'NaN'],
  ['prose', 'Sure: {"a":1}', 'no value starts like this'],
  ['two values', '{"a":1}{"a":1}', 'something follows after its end'],
])('an answer that is %s is not JSON', async (_, answer, reason) => {
  expect(await faultOf(JSON_ASKED, answer)).toMatch(`not_json: the answer is not JSON: `);
  expect(await faultOf(JSON_ASKED, answer)).toContain(reason);
});

test('what takes any answer is not checked', async () => {
  expect(await faultOf({responseMimeType: 'text/plain', temperature: 0}, 'not JSON')).toBeUndefined();
  expect(await faultOf(JSON_ASKED, ' {"a": [1e400, "NaN"]}\n')).toBeUndefined();
});

test('each request is held to what it asks for itself', async () => {
  const reader = new KeyReader();
  const line = (key: string, config: object): string =>
    `${JSON.stringify({key, request: {contents: [], generationConfig: config}})}\n`;
  const schema = {type: 'OBJECT', properties: {n: {type: 'INTEGER'}}, required: ['n']};
  const lines = [
    line('text', {}),
    line('json', JSON_ASKED),
    line('schema', {...JSON_ASKED, responseSchema: schema}),
    line('snake', {response_mime_type: 'application/json', response_schema: schema}),
    `{"request": {"generation_config": ${JSON.stringify({...JSON_ASKED, responseSchema: schema})}}, "key": "\\u0061"}\n`,
  ];
  reader.push(Buffer.from(lines.join('')));
  reader.finish();
  const checkOf = await answerChecks(reader);
  expect(checkOf('text')).toBeUndefined();
  expect(checkOf('of nobody')).toBeUndefined();
  const outcomes = ['json', 'schema', 'snake', 'a'].map((key) => checkOf(key)?.('{"n": "1"}')?.outcome);
  expect(outcomes).toEqual([undefined, 'schema_mismatch', 'schema_mismatch', 'schema_mismatch']);
});

const PERSON = {
  type: 'object',
  properties: {
    name: {type: 'string', pattern: '^[A-Z]'},
    mood: {enum: ['good', 'bad']},
    ages: {type: 'array', items: {type: 'integer', minimum: 0}, minItems: 1},
  },
  required: ['name'],
  additionalProperties: false,
};

test.each([
  ['{"name":"Ada","ages":[1],"mood":"good"}', undefined],
  ['{}', "the answer must have required property 'name'"],
  ['{"name":"ada"}', '/name must match pattern "^[A-Z]"'],
  ['{"name":"Ada","ages":[1,-2]}', '/ages/1 must be >= 0'],
  ['{"name":"Ada","mood":"so so"}', '/mood must be equal to one of the allowed values: good, bad'],
  ['{"name":"Ada","x":1}', 'the answer must NOT have additional properties: x'],
])('%s is held to its JSON Schema', async (answer, mismatch) => {
  const fault = await faultOf({...JSON_ASKED, responseJsonSchema: PERSON}, answer);
  expect(fault).toBe(
    mismatch === undefined ? undefined : `schema_mismatch: the answer does not fit its schema: ${mismatch}`,
  );
});

test("the service's own form of a schema is understood", async () => {
  const schema = {
    type: 'OBJECT',
    properties: {
      label: {type: 'STRING', enum: ['a', 'b'], nullable: true},
      tags: {type: 'ARRAY', items: {type: 'STRING'}, maxItems: '2'},
    },
    propertyOrdering: ['label', 'tags'],
    required: ['label'],
  };
  const check = (answer: string): Promise<string | undefined> =>
    faultOf({...JSON_ASKED, responseSchema: schema}, answer);
  expect(await check('{"label":null,"tags":["x"],"more":1}')).toBeUndefined();
  expect(await check('{"label":"a","tags":["x","y","z"]}')).toContain(
    '/tags must NOT have more than 2 items',
  );
  expect(await check('{"label":7}')).toContain('schema_mismatch');
});

/** Schemas that would take for ever, or cannot be compiled: the answer is not held to them, and nothing hangs or throws. */
test.each<[string, object, string]>([
  [
    'a pattern that backtracks',
    {type: 'string', pattern: '^(a+)+$'},
    JSON.stringify(`${'a'.repeat(50_000)}!`),
  ],
  ['a pattern that nobody knows', {type: 'string', pattern: '(?<=a)(?!b)('}, '"x"'],
  [
    'references that multiply',
    {
      $ref: '#/$defs/a0',
      $defs: Object.fromEntries(
        Array.from({length: 40}, (_, i) => [
          `a${i}`,
          {anyOf: [{$ref: `#/$defs/a${i + 1}`}, {$ref: `#/$defs/a${i + 1}`}]},
        ]),
      ),
    },
    '{}',
  ],
  [
    'alternatives that double with each level of the answer',
    {
      anyOf: [
        {type: 'array', items: {$ref: '#'}, minItems: 2},
        {type: 'array', items: {$ref: '#'}},
      ],
    },
    `${'['.repeat(60)}1${']'.repeat(60)}`,
  ],
  ['a schema that is elsewhere', {$ref: 'https://example.com/schema.json'}, '{}'],
  [
    'items that are compared with each other',
    {type: 'array', uniqueItems: true},
    JSON.stringify(Array.from({length: 100_000}, (_, i) => ({i}))),
  ],
  ['a list of schemas', {type: 'array', items: [{type: 'string'}]}, '["x"]'],
  ['no schema at all', {type: 'nothing of the kind', properties: 7}, '{}'],
])('%s does not hang the check', async (_, schema, answer) => {
  const started = performance.now();
  const fault = await faultOf({...JSON_ASKED, responseJsonSchema: schema}, answer);
  expect(fault ?? 'schema_mismatch').toContain('schema_mismatch');
  expect(performance.now() - started).toBeLessThan(20_000);
});
