import {describe, expect, test} from '@jest/globals';
import {
  checkFile,
  firstProblem,
  goodLine,
  lineWith,
  partLine,
  requestLine,
  TURN,
} from '../../../helpers/check-request-file.js';

const FORM = '{"key": "…", "request": {"contents": [{"parts": [{"text": "…"}]}]}}';
const GOOD = goodLine('a');

const BAD_REQUESTS: readonly (readonly [what: string, line: string, column: number, problem: string])[] = [
  ['text', '"a"', 1, `is text, not an object; write ${FORM}`],
  ['an empty object', '{}', 1, `has no "key" and no "request"; write ${FORM}`],
  ['custom_id in place of key', `{"custom_id":"a","request":{}}`, 2, 'has "custom_id" in place of "key"'],
  ['id in place of key', `{"request":{},"id":"a"}`, 15, 'has "id" in place of "key"'],
  ['an empty key', requestLine('{}', ''), 2, 'the key is empty; each request needs one of its own'],
  ['a number as key', '{"key":1,"request":{}}', 2, 'the key is a number; write text in quotes'],
  ['null as key', '{"key":null,"request":{}}', 2, 'the key is null; write text in quotes'],
  ['no request', '{"key":"a"}', 1, `has no "request"; write ${FORM}`],
  ['a request as text', requestLine('"hi"'), 12, '"request" is text, not an object'],
  [
    'contents beside key',
    `{"key":"a","contents":[${TURN}]}`,
    12,
    '"contents" stands beside "request"; it belongs inside',
  ],
  [
    'a setting beside request',
    `{"key":"a","request":{"contents":[${TURN}]},"generation_config":{}}`,
    77,
    '"generation_config" stands beside "request"; it belongs inside',
  ],
  ['a request without contents', requestLine('{}'), 12, '"request" has no "contents"'],
  ['contents that are null', requestLine('{"contents":null}'), 12, '"request" has no "contents"'],
  [
    'config',
    lineWith('"config":{"temperature":0}'),
    76,
    '"config" is no field of a request; only SDK calls have it; write "generationConfig", with "systemInstruction", "tools" and "safetySettings" beside it',
  ],
  [
    'messages',
    requestLine('{"messages":[]}'),
    23,
    '"messages" is no field of a request; that is OpenAI\'s format; write "contents"',
  ],
  ['an unknown field', lineWith('"wörld":1'), 76, '"wörld" is no field of a request; the service refuses it'],
  [
    'a setting outside of its place',
    lineWith('"temperature":1'),
    76,
    '"temperature" stands in "request"; it belongs into "generationConfig"',
  ],
  [
    'an embedding',
    requestLine('{"content":{"parts":[{"text":"x"}]},"outputDimensionality":256}'),
    23,
    'asks for an embedding ("content"); only requests that generate content ("contents") can be submitted',
  ],
  [
    'a field in both spellings',
    lineWith('"generationConfig":{},"generation_config":{}'),
    98,
    '"generation_config" is there a second time, as "generationConfig"',
  ],
  [
    'contents as text',
    requestLine('{"contents":"hi"}'),
    23,
    '"contents" is text; write [{"parts": [{"text": "…"}]}]',
  ],
  ['no turns', requestLine('{"contents":[]}'), 23, '"contents" is empty; write [{"parts": [{"text": "…"}]}]'],
  ['a turn as text', requestLine('{"contents":["hi"]}'), 35, 'is text; write {"parts": [{"text": "…"}]}'],
  [
    'a turn of OpenAI',
    requestLine('{"contents":[{"role":"user","content":"hi"}]}'),
    35,
    'has "content", as OpenAI\'s format; write {"parts": [{"text": "…"}]}',
  ],
  [
    'a turn without parts',
    requestLine('{"contents":[{"role":"user"}]}'),
    35,
    'has no "parts"; write {"parts": [{"text": "…"}]}',
  ],
  [
    'parts as text',
    requestLine('{"contents":[{"parts":"hi"}]}'),
    36,
    '"parts" is text; write [{"text": "…"}]',
  ],
  ['no parts', requestLine('{"contents":[{"parts":[]}]}'), 36, '"parts" is empty; write [{"text": "…"}]'],
  ['a part as text', partLine('"hi"'), 45, 'a part is text; write {"text": "…"}'],
  ['an empty part', partLine('{"text":"a"},{}'), 58, 'a part holds nothing to read; write {"text": "…"}'],
  [
    'a part of OpenAI',
    partLine('{"type":"text","text":"a"}'),
    46,
    'the part has a "type", as OpenAI\'s and Anthropic\'s; write {"text": "…"}',
  ],
  ['text that is a list', partLine('{"text":["a"]}'), 46, '"text" is a list; write text in quotes'],
  ['an image as text', partLine('{"inlineData":"iVBO"}'), 46, '"inlineData" is text, not an object'],
  [
    'an image without a type',
    partLine('{"inline_data":{"data":"iVBO"}}'),
    46,
    '"inlineData" has no "mimeType", such as "image/png"',
  ],
  [
    'a data: URL',
    partLine('{"inlineData":{"mimeType":"image/png","data":"data:image/png;base64,iV"}}'),
    83,
    '"data" is a data: URL; leave out everything up to its comma',
  ],
  [
    'the name of a file',
    partLine('{"fileData":{"fileUri":"files/abc"}}'),
    46,
    '"fileUri" is the name of the file; write its "uri", which starts with https://',
  ],
  [
    'the role assistant',
    requestLine('{"contents":[{"role":"assistant","parts":[{"text":"x"}]}]}'),
    36,
    'the role is "assistant"; write "model"',
  ],
  [
    'the role system',
    requestLine('{"contents":[{"role":"system","parts":[{"text":"x"}]}]}'),
    36,
    'the role is "system"; put the text into "systemInstruction", beside "contents"',
  ],
  [
    'an unknown role',
    requestLine('{"contents":[{"role":"me","parts":[{"text":"x"}]}]}'),
    36,
    'the role is "me"; write "user" or "model"',
  ],
  [
    'a system instruction as text',
    lineWith('"systemInstruction":"Be brief."'),
    76,
    'is text; write {"parts": [{"text": "…"}]}',
  ],
  [
    'a schema as text',
    lineWith('"generationConfig":{"responseSchema":"{}"}'),
    96,
    '"responseSchema" is text; it must be an object',
  ],
  ['tools as text', lineWith('"tools":"google_search"'), 76, '"tools" is text; it must be a list'],
  [
    'tools inside generationConfig',
    lineWith('"generationConfig":{"tools":[]}'),
    96,
    '"tools" stands in "generationConfig"; it belongs beside it, in "request"',
  ],
  [
    'max_tokens',
    lineWith('"generationConfig":{"max_tokens":1}'),
    96,
    '"max_tokens" is no field of "generationConfig"; write "maxOutputTokens"',
  ],
];

const QUESTIONABLE: readonly (readonly [what: string, line: string, warning: string])[] = [
  [
    'a new setting',
    lineWith('"generationConfig":{"newThing":1}'),
    '"newThing" is no known field of "generationConfig"; the service may refuse it',
  ],
  [
    'a field beside key and request',
    `{"key":"a","note":1,"request":{"contents":[${TURN}]}}`,
    '"note" beside "key" and "request" is not known to the service',
  ],
  [
    'one turn without a list',
    requestLine(`{"contents":${TURN}}`),
    '"contents" is one object; documented is a list: [{"parts": [{"text": "…"}]}]',
  ],
  [
    'one part without a list',
    requestLine('{"contents":[{"parts":{"text":"a"}}]}'),
    '"parts" is one object; documented is a list: [{"text": "…"}]',
  ],
  [
    'turns without roles',
    requestLine(`{"contents":[{"parts":[{"text":"a"}]},${TURN}]}`),
    'has no "role"; the service may not know whose turn it is',
  ],
  ['empty text', partLine('{"text":""}'), '"text" is empty; the service may refuse the request'],
  ['a model', lineWith('"model":"models/x"'), '"model" has no effect here: the model of the job is used'],
];

const FINE: readonly (readonly [what: string, line: string])[] = [
  ['no role', partLine('{"text":"a"}')],
  ['an older role', requestLine('{"contents":[{"role":"function","parts":[{"functionResponse":{}}]}]}')],
  ['an image', partLine('{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}}')],
  ['a file', partLine('{"file_data":{"file_uri":"https://x/files/a","mime_type":"image/png"}}')],
  ['a thought that is sent back', partLine('{"thought":true,"thoughtSignature":"abc"}')],
  [
    'fields that are null',
    lineWith('"systemInstruction":null,"tools":null,"generationConfig":{"topK":null}'),
  ],
  ['U+2028 inside a text', partLine('{"text":"a\u2028b"}')],
  ['escapes in names', lineWith('"\\u0074ools":[]')],
  ['blanks and a carriage return', `\t ${GOOD} \r`],
  [
    'all settings',
    lineWith(
      '"system_instruction":{"parts":[{"text":"x"}]},"generation_config":{"response_schema":{},"temperature":0},"safety_settings":[],"tools":[{"google_search":{}}],"tool_config":{},"cached_content":"cachedContents/x"',
    ),
  ],
];

describe('a request', () => {
  test.each(BAD_REQUESTS)('with %s is refused', (_what, line, column, problem) => {
    expect(firstProblem(`${goodLine('first')}\n${line}\n`)).toBe(`2:${column}: ${problem}`);
  });

  test.each(QUESTIONABLE)('with %s is taken with a warning', (_what, line, text) => {
    expect(checkFile(line)).toMatchObject({problems: [], warnings: [{text}]});
  });

  test.each(FINE)('with %s is taken', (_what, line) => {
    expect(checkFile(line)).toEqual({count: 1, problems: [], warnings: [], isComplete: true});
  });
});
