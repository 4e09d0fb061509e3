import {describe, expect, test} from '@jest/globals';
import {SCHEMA_REVISION} from '../../../../src/lib/domain/request/schema/request-schema.js';
import {RULES} from '../../../../src/lib/domain/request/findings/request-finding.js';
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
  [
    'a mistyped field',
    lineWith('"sytemInstruction":{}'),
    76,
    '"sytemInstruction" is no field of a request; write "systemInstruction"',
  ],
  [
    'a setting outside of its place',
    lineWith('"temperature":1'),
    76,
    '"temperature" stands in "request"; it belongs into "generationConfig"',
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
  ['an image as text', partLine('{"inlineData":"iVBO"}'), 46, '"inlineData" is text; it must be an object'],
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
  ...[
    ['systemInstruction', '{"parts":[{"text":"s"}]}'],
    ['tools', '[{"codeExecution":{}}]'],
    ['toolConfig', '{}'],
  ].map(
    ([name = '', value = '']) =>
      [
        `a cache beside ${name}`,
        lineWith(`"cachedContent":"cachedContents/a","${name}":${value}`),
        76,
        `"cachedContent" stands beside "${name}"; the service refuses both together: put it into the cache`,
      ] as const,
  ),
  [
    'text and an image in one part',
    partLine('{"text":"a","inlineData":{"mimeType":"image/png","data":"iVBO"}}'),
    45,
    'a part holds "text" and "inlineData", where it can hold one; write two parts',
  ],
  [
    'half of a character',
    partLine('{"text":"a\\ud83d"}'),
    46,
    'holds half of a character (an unpaired surrogate escape); the service refuses it',
  ],
  [
    'text for a number',
    lineWith('"generationConfig":{"temperature":"hot"}'),
    96,
    '"temperature" is text; it must be a number',
  ],
  [
    'a number as hexadecimal text',
    lineWith('"generationConfig":{"maxOutputTokens":"0x10"}'),
    96,
    '"maxOutputTokens" is text; it must be a number',
  ],
  [
    'no number where a range is',
    lineWith('"generationConfig":{"temperature":"NaN"}'),
    96,
    '"temperature" is NaN; it must be a number',
  ],
  [
    'a fraction for a value of a list',
    lineWith('"generationConfig":{"responseSchema":{"type":1.5}}'),
    114,
    '"type" is a number; it must be text',
  ],
  [
    'an address for the bytes of an image',
    partLine('{"inlineData":{"mimeType":"image/png","data":"https://x/a.png"}}'),
    83,
    '"data" is not Base64: it has ":"',
  ],
  [
    'text for the bytes of a signature',
    partLine('{"text":"a","thoughtSignature":"skip it!"}'),
    57,
    '"thoughtSignature" is not Base64: it has "!"',
  ],
  [
    'a field that is mistyped in snake case',
    lineWith('"system_instructions":{}'),
    76,
    '"system_instructions" is no field of a request; write "system_instruction"',
  ],
  [
    'a setting that is mistyped in snake case',
    lineWith('"generation_config":{"max_output_token":5}'),
    97,
    '"max_output_token" is no field of "generationConfig"; write "max_output_tokens"',
  ],
  [
    'a number below its range',
    lineWith('"generationConfig":{"maxOutputTokens":-5}'),
    96,
    '"maxOutputTokens" is -5; it must be 1 or more',
  ],
  [
    'a number above its range',
    lineWith('"generationConfig":{"topP":3}'),
    96,
    '"topP" is 3; it must be 1 or less',
  ],
  [
    'part of a number of things',
    lineWith('"generationConfig":{"candidateCount":1.5}'),
    96,
    '"candidateCount" is 1.5; it must be a whole number',
  ],
  [
    'too many elements',
    lineWith('"generationConfig":{"stopSequences":["a","b","c","d","e","f"]}'),
    96,
    '"stopSequences" has 6 elements; it must be 5 or less',
  ],
  [
    'a mistyped value',
    lineWith('"generationConfig":{"responseSchema":{"type":"objekt"}}'),
    114,
    '"type" is "objekt"; write "OBJECT"',
  ],
  [
    'a type that is a list',
    lineWith('"generationConfig":{"responseSchema":{"type":["STRING","NULL"]}}'),
    114,
    '"type" is a list; it must be text',
  ],
  [
    'what no schema has',
    lineWith('"generationConfig":{"responseSchema":{"properties":{"a":{"additionalProperties":false}}}}'),
    133,
    '"additionalProperties" is no field of a schema; leave it out',
  ],
  [
    'a schema without end',
    lineWith(`"generationConfig":{"responseSchema":${'{"items":'.repeat(5_000)}{}${'}'.repeat(5_000)}}`),
    1887,
    'is nested deeper than the service reads',
  ],
  [
    'a tool of OpenAI',
    lineWith('"tools":[{"type":"function","function":{"name":"f"}}]'),
    86,
    '"type" is no field of a tool; that is OpenAI\'s format; write {"functionDeclarations": […]}',
  ],
  [
    'a cache among the tools',
    lineWith('"tools":[{"cachedContent":"cachedContents/a"}]'),
    86,
    '"cachedContent" stands in a tool; it belongs into "request"',
  ],
];

const MAY_BE_NEWER = `in Google's schema of ${SCHEMA_REVISION}; the service may refuse the file`;

const QUESTIONABLE: readonly (readonly [what: string, line: string, warning: string])[] = [
  [
    'a new setting',
    lineWith('"generationConfig":{"newThing":1}'),
    `"newThing" is no known field of "generationConfig", ${MAY_BE_NEWER}`,
  ],
  ['an unknown field', lineWith('"wörld":1'), `"wörld" is no known field of a request, ${MAY_BE_NEWER}`],
  [
    'an unknown tool',
    lineWith('"tools":[{"web_search":{}}]'),
    `"web_search" is no known field of a tool, ${MAY_BE_NEWER}`,
  ],
  [
    'an unknown name far below',
    lineWith('"generationConfig":{"thinkingConfig":{"budget":5}}'),
    `"budget" is no known field of "thinkingConfig", ${MAY_BE_NEWER}`,
  ],
  [
    'an unknown value',
    lineWith('"safetySettings":[{"category":"HARM_CATEGORY_X","threshold":"BLOCK_NONE"}]'),
    `"HARM_CATEGORY_X" is no known value of "category", ${MAY_BE_NEWER}`,
  ],
  [
    'a field of Vertex AI',
    lineWith('"generationConfig":{"audioTimestamp":true}'),
    '"audioTimestamp" is a field of "generationConfig" at Vertex AI alone; the service may refuse it',
  ],
  [
    'the name of a file',
    partLine('{"fileData":{"fileUri":"files/abc"}}'),
    '"fileUri" is the name of the file; documented is its "uri", which starts with https://',
  ],
  [
    'a blank role',
    requestLine('{"contents":[{"role":"","parts":[{"text":"x"}]}]}'),
    'the role is empty; it counts as not set',
  ],
  [
    'a model beside it',
    `{"key":"a","model":"gemini-3.5-flash","request":{"contents":[${TURN}]}}`,
    '"model" beside "request" has no effect: the model of the job is used',
  ],
  [
    'a JSON Schema for the answer',
    lineWith('"generationConfig":{"responseJsonSchema":{"type":"object"}}'),
    '"responseJsonSchema" gave answers of the wrong form in batch jobs (0 of 502 were right), where "responseSchema" works',
  ],
  [
    'one value for a list',
    lineWith('"generationConfig":{"responseModalities":"TEXT"}'),
    '"responseModalities" is text; it must be a list',
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

const FOR_MODELS = [
  {
    model: 'gemini-3.8-flash',
    line: lineWith('"generationConfig":{"temperature":1}'),
    severity: 'warning',
    text: 'gemini-3.8-flash rejects "temperature" or takes no notice of it; leave it out',
  },
  {
    model: 'gemini-4-argon',
    line: lineWith('"generation_config":{"thinking_config":{"thinking_budget":0}}'),
    severity: 'warning',
    text: 'gemini-4-argon rejects "thinkingBudget" or takes no notice of it; leave it out',
  },
  {
    model: 'gemini-3.7-flash',
    line: lineWith('"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}'),
    severity: 'problem',
    text: 'gemini-3.7-flash has no thinking level "MINIMAL"',
  },
  {
    model: 'gemini-4-argon',
    line: lineWith('"generationConfig":{"thinkingConfig":{"thinkingLevel":"XHIGH"}}'),
    severity: 'problem',
    text: 'gemini-4-argon has no thinking level "XHIGH"',
  },
  {
    model: 'gemini-4-carbon',
    line: lineWith('"cachedContent":"cachedContents/a"'),
    severity: 'problem',
    text: 'gemini-4-carbon takes no "cachedContent"; it caches by itself',
  },
  {
    model: 'gemini-2.5-flash',
    line: lineWith(
      '"tools":[{"googleSearch":{}}],"generationConfig":{"responseMimeType":"application/json"}',
    ),
    severity: 'warning',
    text: 'gemini-2.5-flash may answer a request for JSON that has "tools" with an error',
  },
] as const;

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
  ['characters of two escapes', partLine('{"text":"\\ud83d\\ude00"}')],
  ['values in small letters', lineWith('"generationConfig":{"responseSchema":{"type":"object"}}')],
  ['numbers as text', lineWith('"generationConfig":{"temperature":"0.5","seed":"7"}')],
  ['Base64 in lines', partLine('{"inlineData":{"mimeType":"image/png","data":"iVBO\\niV-_\\n"}}')],
  ['a cache beside an empty list of tools', lineWith('"cachedContent":"cachedContents/a","tools":[]')],
  ['an empty name of a cache', lineWith('"cachedContent":"","systemInstruction":{"parts":[{"text":"s"}]}')],
  [
    'tools, thinking and safety',
    lineWith(
      '"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"type":{"type":"STRING"}}}}]},{"google_search":{}},{"codeExecution":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"},"imageConfig":{"imageSize":"2K"}},"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}]',
    ),
  ],
  [
    'an argument that is nested deeply',
    partLine(`{"functionCall":{"name":"f","args":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`),
  ],
  ['U+2028 inside a text', partLine('{"text":"a\u2028b"}')],
  ['escapes in names', lineWith('"\\u0074ools":[]')],
  ['blanks and a carriage return', `\t ${GOOD} \r`],
  [
    'all settings',
    lineWith(
      '"system_instruction":{"parts":[{"text":"x"}]},"generation_config":{"response_schema":{},"temperature":0},"safety_settings":[],"tools":[{"google_search":{}}],"tool_config":{},"labels":{"team":"x"}',
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

  test.each(RULES)('that breaks the rule %s is taken where that is allowed', (rule) => {
    const lines = [...BAD_REQUESTS.map(([, line]) => line), ...FOR_MODELS.map(({line}) => line)];
    const model = rule === 'model_family' ? {model: 'models/gemini-4-argon'} : {};
    const service = rule === 'vertex' ? ({service: 'vertex'} as const) : {};
    const rulesOf = (line: string): readonly unknown[] =>
      checkFile(line, [], {
        ...model,
        ...service,
        allowed: RULES.filter((name) => name !== rule),
      }).problems.map((one) => one.rule);
    const broken = lines.filter((line) => rulesOf(line).includes(rule));
    expect(broken).not.toEqual([]);
    for (const line of broken) {
      const {problems, warnings} = checkFile(line, [], {...model, ...service, allowed: RULES});
      // What is left is what no request can do without.
      expect(problems.filter((one) => one.rule !== undefined)).toEqual([]);
      expect(problems.length + warnings.length).toBeGreaterThan(0);
    }
  });

  test.each(FOR_MODELS)('for $model: $text', ({line, model, text, severity}) => {
    const {problems, warnings} = checkFile(line, [], {model: `models/${model}`});
    expect([...problems, ...warnings].map((finding) => finding.text)).toEqual([text]);
    expect(problems).toHaveLength(severity === 'problem' ? 1 : 0);
    expect(checkFile(line)).toMatchObject({problems: [], warnings: []});
  });

  test.each([
    ['gemini-2.5-flash', '"generationConfig":{"temperature":1,"thinkingConfig":{"thinkingBudget":0}}'],
    [
      'gemini-3.5-flash',
      '"tools":[{"googleSearch":{}}],"generationConfig":{"responseMimeType":"application/json"}',
    ],
    ['gemini-4-neon', '"generationConfig":{"thinkingConfig":{"thinkingLevel":"XHIGH"}}'],
    ['my-own-model', '"generationConfig":{"topK":1,"thinkingConfig":{"thinkingLevel":"XHIGH"}}'],
  ])('for %s with %s is taken', (model, fields) => {
    expect(checkFile(lineWith(fields), [], {model: `models/${model}`})).toMatchObject({
      problems: [],
      warnings: [],
    });
  });
});
