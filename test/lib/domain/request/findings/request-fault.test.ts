import {describe, expect, test} from '@jest/globals';
import {checkFile, firstProblem, goodLine} from '../../../../helpers/check-request-file.js';

const FORM = '{"key": "…", "request": {"contents": [{"parts": [{"text": "…"}]}]}}';
const GOOD = goodLine('a');

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

describe('a request file', () => {
  test.each(OTHER_FILES)('that is %s is called by its name', (_what, file, problem) => {
    expect(checkFile(file).problems[0]).toMatchObject({column: 1, text: problem});
  });

  test('that is cut off is told from one with a bad line', () => {
    expect(firstProblem(`${GOOD}\n${goodLine('b').slice(0, 30)}`)).toBe(
      '2:31: the file ends in the middle of this request; it was cut off',
    );
  });
});

describe('a line that is not JSON', () => {
  test.each(BAD_JSON)('because of %s is reported with its place', (_what, line, column, problem) => {
    const file = [`${GOOD}\r\n\n`, line, `\n${goodLine('b')}`].map((piece) => Buffer.from(piece));
    const {problems} = checkFile(Buffer.concat(file));
    expect(problems).toEqual([{line: 3, column, text: problem}]);
  });
});
