import {expect, test} from '@jest/globals';
import {checkFile} from '../../../helpers/check-request-file.js';

const MODEL = 'models/gemini-embedding-001';
const CONTENT = '"content":{"parts":[{"text":"a"}]}';
const LINE = `{"key":"k","request":{${CONTENT},"task_type":"CLUSTERING","outputDimensionality":256}}`;
const QUESTION = '{"key":"k","request":{"contents":[{"parts":[{"text":"a"}]}]}}';

test('a request for an embedding is good for a model that makes them, and without a model', () => {
  for (const options of [{model: MODEL}, {}])
    expect(checkFile(LINE, [], options)).toMatchObject({count: 1, problems: [], warnings: []});
});

test.each([
  [
    'an embedding',
    LINE,
    'models/gemini-3.5-flash',
    'asks for an embedding ("content"), which gemini-3.5-flash does not make',
  ],
  [
    'generated content',
    QUESTION,
    MODEL,
    'has "contents", but gemini-embedding-001 makes embeddings; write "content"',
  ],
  ['nothing', '{"key":"k","request":{"title":"a"}}', MODEL, '"request" has no "content"'],
  [
    'a text in place of its content',
    '{"key":"k","request":{"content":"a"}}',
    MODEL,
    'is text; write {"parts"',
  ],
  ['a vector that is too long', LINE.replace('256', '9999'), MODEL, '"outputDimensionality" is 9999'],
  [
    'an unknown task',
    LINE.replace('CLUSTERING', 'CLUSTER'),
    MODEL,
    '"CLUSTER" is no known value of "taskType"',
  ],
  ['settings', `{"key":"k","request":{${CONTENT},"generationConfig":{}}}`, MODEL, '"generationConfig" is no'],
  [
    'its length beside the request',
    `{"key":"k","outputDimensionality":9,"request":{${CONTENT}}}`,
    MODEL,
    'it belongs inside',
  ],
])('a request for %s is said to be wrong', (_what, line, model, text) => {
  const {problems, warnings} = checkFile(line, [], {model});
  expect([...problems, ...warnings][0]?.text).toContain(text);
});

test('a task type for a model that has none is taken with a warning', () => {
  const {problems, warnings} = checkFile(LINE, [], {model: 'models/gemini-embedding-2'});
  expect(problems).toEqual([]);
  expect(warnings).toMatchObject([
    {text: expect.stringContaining('"task_type" has no effect with gemini-embedding-2')},
  ]);
});
