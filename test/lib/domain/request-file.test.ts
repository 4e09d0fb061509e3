import {describe, expect, test} from '@jest/globals';
import type {RequestFileFacts} from '../../../src/lib/domain/request-facts.js';
import {RequestFileCheck} from '../../../src/lib/domain/request-file.js';
import {seededRandom} from '../../helpers/seeded-random.js';

const FORM = '{"key": "…", "request": {"contents": [{"parts": [{"text": "…"}]}]}}';
const TURN = '{"role":"user","parts":[{"text":"hi"}]}';
const GOOD = good('a');

/** Reads a file in chunks that end at the cuts. */
function check(file: string | Uint8Array, cuts: readonly number[] = []): RequestFileFacts {
  const bytes = Buffer.from(file);
  const reader = new RequestFileCheck();
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    reader.push(chunk);
    chunk.fill('#'); // A reader fills its buffer anew.
    start = end;
  }
  return reader.finish();
}

function firstProblem(file: string | Uint8Array): string | undefined {
  const [first] = check(file).problems;
  return first && `${first.line}:${first.column}: ${first.text}`;
}

function warnings(file: string): readonly string[] {
  const {problems, warnings: found} = check(file);
  expect(problems).toEqual([]);
  return found.map(({text}) => text);
}

function good(key: string): string {
  return request(`{"contents":[${TURN}]}`, key);
}

function request(fields: string, key = 'a'): string {
  return `{"key":"${key}","request":${fields}}`;
}

function part(value: string): string {
  return request(`{"contents":[{"parts":[${value}]}]}`);
}

/** The request has good contents and, from character 60 on, these fields. */
function beside(fields: string): string {
  return request(`{"contents":[${TURN}],${fields}}`);
}

const OTHER_FILES: readonly (readonly [what: string, file: string | Uint8Array, problem: string])[] = [
  [
    'a byte order mark',
    `\uFEFF${GOOD}`,
    'the file starts with a byte order mark; save it as UTF-8 without one',
  ],
  ['UTF-16 with a mark', Buffer.from(`\uFEFF${GOOD}\n`, 'utf16le'), 'the file is UTF-16; save it as UTF-8'],
  ['UTF-16 without a mark', Buffer.from(`${GOOD}\n`, 'utf16le'), 'the file is UTF-16; save it as UTF-8'],
  ['big-endian UTF-16', Buffer.from(GOOD, 'utf16le').swap16(), 'the file is UTF-16; save it as UTF-8'],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 10, 10]), 'the file is compressed with gzip; unpack it first'],
  [
    'a list over several lines',
    `[\n${GOOD}\n]`,
    `the file is a JSON list; write each request on one line: ${FORM}`,
  ],
  ['a list on one line', `[${GOOD}]`, `is a list, not an object; write ${FORM}`],
  [
    'JSON that is indented',
    JSON.stringify(JSON.parse(GOOD), undefined, 2),
    `JSON over several lines; write each request on one line: ${FORM} (jq -c does it)`,
  ],
  [
    'CSV',
    'key,prompt\na,"Hello, you"\n',
    `the file looks like CSV: "key,prompt"; write each request on one line: ${FORM}`,
  ],
  ['plain text', '\n Hello you\n', `not JSON: "Hello you"; write each request on one line: ${FORM}`],
  ['a result file', '{"response":{},"key":"a"}', `is a row of a result file, not a request; write ${FORM}`],
  [
    'a job-info file',
    '{"input_file":"a","batch":{}}',
    `is a job record of a job-info file, not a request; write ${FORM}`,
  ],
  [
    "OpenAI's batches",
    '{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"messages":[]}}',
    `is in the format of OpenAI's batches; write ${FORM}`,
  ],
  ["OpenAI's chats", '{"messages":[]}', `is in the format of OpenAI's chats; write ${FORM}`],
  ["Anthropic's", '{"custom_id":"a","params":{}}', `is in the format of Anthropic's batches; write ${FORM}`],
  [
    "Vertex AI's",
    '{"request":{"contents":[]}}',
    'has no "key" beside "request", as in the format of Vertex AI; results are found by it',
  ],
];

const PYTHON = 'single quotes; write double quotes, in Python with json.dumps';

const BAD_JSON: readonly (readonly [
  what: string,
  line: string | Uint8Array,
  column: number,
  problem: string,
])[] = [
  [
    'a NUL byte',
    '{"key":"ü\0"}',
    10,
    'a NUL byte; a broken download or a crash leaves them, and the service refuses them',
  ],
  ['Latin-1', Buffer.from('{"key":"\xe9"}', 'latin1'), 9, 'not UTF-8 (byte E9); save the file as UTF-8'],
  [
    'Latin-1 after a replacement character',
    Buffer.from([0x22, 0xef, 0xbf, 0xbd, 0xe9, 0x22]),
    3,
    'not UTF-8 (byte E9); save the file as UTF-8',
  ],
  [
    'a cut character',
    Buffer.from('{"key":"€😀').subarray(0, -1),
    10,
    'not UTF-8 (byte F0); save the file as UTF-8',
  ],
  [
    'half a surrogate pair',
    Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
    2,
    'not UTF-8 (byte ED); save the file as UTF-8',
  ],
  ['a Python dict', "{'key': 'a'}", 2, `not JSON: ${PYTHON}`],
  ['Python text', `{"key": 'a'}`, 9, `not JSON: ${PYTHON}`],
  ['None', '{"key": None}', 9, 'not JSON: None is Python; write the file with json.dumps'],
  ['NaN', '{"key": "a", "x": NaN}', 19, 'not JSON: NaN is no number in JSON'],
  ['-Infinity', '{"key": -Infinity}', 9, 'not JSON: no value starts like this'],
  ['undefined', '{"key": undefined}', 9, 'not JSON: no value starts like this; text stands in double quotes'],
  ['a comma at the end of an object', '{"key":"a",}', 12, 'not JSON: a comma stands before }'],
  ['a comma at the end of a list', '{"x":[1, ]}', 10, 'not JSON: a comma stands before ]'],
  ['two commas', '{"x":[1,,2]}', 9, 'not JSON: a value is missing before the comma'],
  ['a missing comma', '{"😀é":1 "b":2}', 9, 'not JSON: a comma or } is missing'],
  ['a missing colon', '{"key" "a"}', 8, 'not JSON: a colon is missing after a name'],
  ['a name without quotes', '{key:"a"}', 2, 'not JSON: a name in double quotes is missing'],
  ['a comment', '{"key":"a"} // first', 13, 'not JSON: something follows after its end'],
  ['two objects on a line', '{"key":"a"}{"key":"b"}', 12, 'not JSON: something follows after its end'],
  [
    'a bad escape',
    '{"key":"C:\\work"}',
    11,
    'not JSON: a backslash starts no known escape; write \\\\ for a backslash',
  ],
  [
    'a bad \\u',
    '{"key":"\\u12"}',
    9,
    'not JSON: a backslash starts no known escape; write \\\\ for a backslash',
  ],
  [
    'a tab inside a text',
    '{"key":"a\tb"}',
    10,
    'not JSON: a control character stands inside a text; write it as an escape',
  ],
  ['a leading zero', '{"x":01}', 7, 'not JSON: a comma or } is missing'],
  ['a line that ends too early', '{"key":"a","request":{', 23, 'not JSON: the line ends in the middle of it'],
  ['a text that ends too early', '{"key":"a', 10, 'not JSON: the line ends in the middle of it'],
  ['an object that ends too often', '{"key":"a"}}', 12, 'not JSON: something follows after its end'],
  ['nesting without end', '['.repeat(200_000), 1_001, 'not JSON: it is nested too deeply'],
];

const BAD_REQUESTS: readonly (readonly [what: string, line: string, column: number, problem: string])[] = [
  ['text', '"a"', 1, `is text, not an object; write ${FORM}`],
  ['an empty object', '{}', 1, `has no "key" and no "request"; write ${FORM}`],
  ['custom_id in place of key', `{"custom_id":"a","request":{}}`, 2, 'has "custom_id" in place of "key"'],
  ['id in place of key', `{"request":{},"id":"a"}`, 15, 'has "id" in place of "key"'],
  ['an empty key', request('{}', ''), 2, 'the key is empty; each request needs one of its own'],
  ['a number as key', '{"key":1,"request":{}}', 2, 'the key is a number; write text in quotes'],
  ['null as key', '{"key":null,"request":{}}', 2, 'the key is null; write text in quotes'],
  ['no request', '{"key":"a"}', 1, `has no "request"; write ${FORM}`],
  ['a request as text', request('"hi"'), 12, '"request" is text, not an object'],
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
  ['a request without contents', request('{}'), 12, '"request" has no "contents"'],
  ['contents that are null', request('{"contents":null}'), 12, '"request" has no "contents"'],
  [
    'config',
    beside('"config":{"temperature":0}'),
    76,
    '"config" is no field of a request; only SDK calls have it; write "generationConfig", with "systemInstruction", "tools" and "safetySettings" beside it',
  ],
  [
    'messages',
    request('{"messages":[]}'),
    23,
    '"messages" is no field of a request; that is OpenAI\'s format; write "contents"',
  ],
  ['an unknown field', beside('"wörld":1'), 76, '"wörld" is no field of a request; the service refuses it'],
  [
    'a setting outside of its place',
    beside('"temperature":1'),
    76,
    '"temperature" stands in "request"; it belongs into "generationConfig"',
  ],
  [
    'an embedding',
    request('{"content":{"parts":[{"text":"x"}]},"outputDimensionality":256}'),
    23,
    'asks for an embedding ("content"); only requests that generate content ("contents") can be submitted',
  ],
  [
    'a field in both spellings',
    beside('"generationConfig":{},"generation_config":{}'),
    98,
    '"generation_config" is there a second time, as "generationConfig"',
  ],
  [
    'contents as text',
    request('{"contents":"hi"}'),
    23,
    '"contents" is text; write [{"parts": [{"text": "…"}]}]',
  ],
  ['no turns', request('{"contents":[]}'), 23, '"contents" is empty; write [{"parts": [{"text": "…"}]}]'],
  ['a turn as text', request('{"contents":["hi"]}'), 35, 'is text; write {"parts": [{"text": "…"}]}'],
  [
    'a turn of OpenAI',
    request('{"contents":[{"role":"user","content":"hi"}]}'),
    35,
    'has "content", as OpenAI\'s format; write {"parts": [{"text": "…"}]}',
  ],
  [
    'a turn without parts',
    request('{"contents":[{"role":"user"}]}'),
    35,
    'has no "parts"; write {"parts": [{"text": "…"}]}',
  ],
  ['parts as text', request('{"contents":[{"parts":"hi"}]}'), 36, '"parts" is text; write [{"text": "…"}]'],
  ['no parts', request('{"contents":[{"parts":[]}]}'), 36, '"parts" is empty; write [{"text": "…"}]'],
  ['a part as text', part('"hi"'), 45, 'a part is text; write {"text": "…"}'],
  ['an empty part', part('{"text":"a"},{}'), 58, 'a part holds nothing to read; write {"text": "…"}'],
  [
    'a part of OpenAI',
    part('{"type":"text","text":"a"}'),
    46,
    'the part has a "type", as OpenAI\'s and Anthropic\'s; write {"text": "…"}',
  ],
  ['text that is a list', part('{"text":["a"]}'), 46, '"text" is a list; write text in quotes'],
  ['an image as text', part('{"inlineData":"iVBO"}'), 46, '"inlineData" is text, not an object'],
  [
    'an image without a type',
    part('{"inline_data":{"data":"iVBO"}}'),
    46,
    '"inlineData" has no "mimeType", such as "image/png"',
  ],
  [
    'a data: URL',
    part('{"inlineData":{"mimeType":"image/png","data":"data:image/png;base64,iV"}}'),
    83,
    '"data" is a data: URL; leave out everything up to its comma',
  ],
  [
    'the name of a file',
    part('{"fileData":{"fileUri":"files/abc"}}'),
    46,
    '"fileUri" is the name of the file; write its "uri", which starts with https://',
  ],
  [
    'the role assistant',
    request('{"contents":[{"role":"assistant","parts":[{"text":"x"}]}]}'),
    36,
    'the role is "assistant"; write "model"',
  ],
  [
    'the role system',
    request('{"contents":[{"role":"system","parts":[{"text":"x"}]}]}'),
    36,
    'the role is "system"; put the text into "systemInstruction", beside "contents"',
  ],
  [
    'an unknown role',
    request('{"contents":[{"role":"me","parts":[{"text":"x"}]}]}'),
    36,
    'the role is "me"; write "user" or "model"',
  ],
  [
    'a system instruction as text',
    beside('"systemInstruction":"Be brief."'),
    76,
    'is text; write {"parts": [{"text": "…"}]}',
  ],
  [
    'a schema as text',
    beside('"generationConfig":{"responseSchema":"{}"}'),
    96,
    '"responseSchema" is text; it must be an object',
  ],
  ['tools as text', beside('"tools":"google_search"'), 76, '"tools" is text; it must be a list'],
  [
    'tools inside generationConfig',
    beside('"generationConfig":{"tools":[]}'),
    96,
    '"tools" stands in "generationConfig"; it belongs beside it, in "request"',
  ],
  [
    'max_tokens',
    beside('"generationConfig":{"max_tokens":1}'),
    96,
    '"max_tokens" is no field of "generationConfig"; write "maxOutputTokens"',
  ],
];

const QUESTIONABLE: readonly (readonly [what: string, line: string, warning: string])[] = [
  [
    'a new setting',
    beside('"generationConfig":{"newThing":1}'),
    '"newThing" is no known field of "generationConfig"; the service may refuse it',
  ],
  [
    'a field beside key and request',
    `{"key":"a","note":1,"request":{"contents":[${TURN}]}}`,
    '"note" beside "key" and "request" is not known to the service',
  ],
  [
    'one turn without a list',
    request(`{"contents":${TURN}}`),
    '"contents" is one object; documented is a list: [{"parts": [{"text": "…"}]}]',
  ],
  [
    'one part without a list',
    request('{"contents":[{"parts":{"text":"a"}}]}'),
    '"parts" is one object; documented is a list: [{"text": "…"}]',
  ],
  [
    'turns without roles',
    request(`{"contents":[{"parts":[{"text":"a"}]},${TURN}]}`),
    'has no "role"; the service may not know whose turn it is',
  ],
  ['empty text', part('{"text":""}'), '"text" is empty; the service may refuse the request'],
  ['a model', beside('"model":"models/x"'), '"model" has no effect here: the model of the job is used'],
];

const FINE: readonly (readonly [what: string, line: string])[] = [
  ['no role', part('{"text":"a"}')],
  ['an older role', request('{"contents":[{"role":"function","parts":[{"functionResponse":{}}]}]}')],
  ['an image', part('{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}}')],
  ['a file', part('{"file_data":{"file_uri":"https://x/files/a","mime_type":"image/png"}}')],
  ['a thought that is sent back', part('{"thought":true,"thoughtSignature":"abc"}')],
  ['fields that are null', beside('"systemInstruction":null,"tools":null,"generationConfig":{"topK":null}')],
  ['U+2028 inside a text', part('{"text":"a\u2028b"}')],
  ['escapes in names', beside('"\\u0074ools":[]')],
  ['blanks and a carriage return', `\t ${GOOD} \r`],
  [
    'all settings',
    beside(
      '"system_instruction":{"parts":[{"text":"x"}]},"generation_config":{"response_schema":{},"temperature":0},"safety_settings":[],"tools":[{"google_search":{}}],"tool_config":{},"cached_content":"cachedContents/x"',
    ),
  ],
];

describe('RequestFileCheck', () => {
  test.each(OTHER_FILES)('calls %s by its name', (_what, file, problem) => {
    const facts = check(file);
    expect(facts.problems[0]?.text).toBe(problem);
    expect(facts.problems[0]).toMatchObject({line: expect.any(Number), column: 1});
  });

  test.each(BAD_JSON)('finds %s', (_what, line, column, problem) => {
    const file = Buffer.concat([
      Buffer.from(`${GOOD}\r\n\n`),
      Buffer.from(line),
      Buffer.from(`\n${good('b')}`),
    ]);
    expect(firstProblem(file)).toBe(`3:${column}: ${problem}`);
    expect(check(file).problems).toHaveLength(1);
  });

  test.each(BAD_REQUESTS)('refuses %s', (_what, line, column, problem) => {
    expect(firstProblem(`${good('first')}\n${line}\n`)).toBe(`2:${column}: ${problem}`);
  });

  test.each(QUESTIONABLE)('warns of %s', (_what, line, text) => {
    expect(warnings(line)).toEqual([text]);
  });

  test.each(FINE)('takes %s', (_what, line) => {
    expect(warnings(line)).toEqual([]);
  });

  test('counts the lines that are not blank', () => {
    expect(check(`\n${GOOD}\n \t\r\n\n${good('b')}`)).toEqual({
      count: 2,
      problems: [],
      warnings: [],
      isComplete: true,
    });
    expect(check('').count).toBe(0);
    expect(check('\n \n').count).toBe(0);
  });

  test('names both lines of a key, however it is written', () => {
    const {problems} = check(`${good('é')}\n\n${good('b')}\n${good('\\u00e9')}\n${good('b')}`);
    expect(problems).toEqual([
      {line: 4, column: 2, text: 'the key "é" is that of line 1 already; each needs its own'},
      {line: 5, column: 2, text: 'the key "b" is that of line 3 already; each needs its own'},
    ]);
  });

  test('keeps many keys apart', () => {
    const lines = Array.from({length: 5_000}, (_, i) => good(`k${i}`));
    expect(check(lines.join('\n')).problems).toEqual([]);
    expect(firstProblem([...lines, good('k4321')].join('\n'))).toMatch(/^5001:2: .* line 4322 already/u);
  });

  test('tells that a file is cut off', () => {
    expect(firstProblem(`${GOOD}\n${good('b').slice(0, 30)}`)).toBe(
      '2:31: the file ends in the middle of this request; it was cut off',
    );
  });

  test('stops after twenty problems', () => {
    const {problems, isComplete} = check('{}\n'.repeat(100));
    expect(problems).toHaveLength(20);
    expect(isComplete).toBe(false);
  });

  test('tells a warning once, with its lines', () => {
    const odd = (key: string): string => request(`{"contents":[${TURN}],"model":"m"}`, key);
    expect(check(`${GOOD}\n${odd('b')}\n${odd('c')}`).warnings).toEqual([
      {text: '"model" has no effect here: the model of the job is used', firstLine: 2, lineCount: 2},
    ]);
  });

  test('shows no more of a file than a terminal and a line can take', () => {
    const problem = firstProblem(
      `{"key":"\\u001b[31m${'k'.repeat(100)}","request":{"\\u202e\\u001b[2J${'x'.repeat(200)}":1}}`,
    );
    expect(problem).toBe(
      `1:132: "\uFFFD\uFFFD[2J${'x'.repeat(35)}…" is no field of a request; the service refuses it`,
    );
  });

  test('sees the same wherever chunks end', () => {
    const lines = `\r\n${good('ü')}\r\n{"key": NaN}\n${good('ü')}\n${beside('"model":"m"')}\n`;
    const file = Buffer.concat([Buffer.from(lines), Buffer.from('{"a\xe9', 'latin1')]);
    const whole = check(file);
    expect(whole.problems.map(({line}) => line)).toEqual([3, 4, 6]);
    expect(whole.warnings).toHaveLength(1);
    for (let cut = 0; cut <= file.length; cut++) expect(check(file, [cut])).toEqual(whole);
    const random = seededRandom(7);
    for (let run = 0; run < 100; run++) {
      const cuts = Array.from({length: 20}, () => Math.floor(random() * file.length)).sort((a, b) => a - b);
      expect(check(file, cuts)).toEqual(whole);
    }
  });
});
