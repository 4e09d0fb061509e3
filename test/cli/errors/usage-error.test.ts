import {describe, expect, test} from '@jest/globals';
import {runCli} from '../../helpers/run-cli.js';
import {tempDir} from '../../helpers/temp-dir.js';

describe.each([
  [['list', '--sort', 'foo'], '--sort takes recorded, file, age or state, not "foo".'],
  [['list', '--sort'], '--sort needs a value: recorded, file, age or state.'],
  [['results', '--format', 'xml'], '--format takes jsonl, csv, tsv or parquet, not "xml".'],
  [['results', '--failed', '--join', 'x.csv'], '--failed and --join cannot be used together.'],
  [['submit'], 'FILES is missing: request files, folders of them, patterns, gs:// addresses.'],
  [['submit', 'a.jsonl', '-m', ''], '--model has an empty value.'],
  [['show', ''], 'An argument is empty.'],
  [['submit', 'a.jsonl', '-m', 'a', '-m', 'b'], '--model can be given only once.'],
  [['submit', 'a.jsonl', '-c', '0'], '--concurrency takes a whole number of at least 1, not "0".'],
  [['poll', '--timeout', 'soon'], '--timeout: "soon" is not a duration.'],
  [['list', '--bucket', 'my-bucket'], '--bucket: "my-bucket" is not a place in Cloud Storage.'],
  [['results', '--format', 'csv'], '--format needs --join too.'],
  [['results', '--key', 'id'], '--key needs --join too.'],
  [['results', '--prices', 'nowhere.json'], 'nowhere.json: cannot be read.'],
  [['show', 'a', 'b'], 'Unexpected argument: b.'],
  [['help', '--wrong'], 'There is no flag --wrong.'],
  [['autocomplete', 'tcsh'], '"tcsh" is not one of the choices: bash, zsh, fish or powershell.'],
])('%j', (args, sentence) => {
  test('ends with 2 and one plain sentence', async () => {
    const {code, stdout, stderr} = await runCli(args, {cwd: await tempDir()});
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', `Error: ${sentence}`]);
  });
});

/** No value outside what an option takes reaches the service, or is a defect. */
const WRONG = [
  ...['', '../../x', 'models/../x', 'a b', 'x?y'].map((model) => ['submit', 'a.jsonl', '--model', model]),
  ...['run a.jsonl', 'retry', 'estimate a.jsonl', 'prepare a.csv', 'doctor', 'init'].map((line) => [
    ...line.split(' '),
    '--model',
    '../../x',
  ]),
  ['submit', 'a.jsonl', '--webhook', 'ftp://example.com/'],
  ...['--concurrency', '--lock-timeout', '--max-cost', '--create-grace', '--if-changed', '--allow'].map(
    (flag) => ['submit', 'a.jsonl', flag, 'x'],
  ),
  ['run', 'a.jsonl', '--retries', '-1'],
  ['run', 'a.jsonl', '--max-open-jobs', '0'],
  ['poll', '--interval', 'x'],
  ['poll', '--timeout', '-1'],
  ['list', '--limit', '-1'],
  ['list', '--since', 'x'],
  ['retry', '--max-output-tokens', 'x'],
  ['retry', '--only', 'x'],
  ['results', '--columns', ''],
  ['emulator', 'start', '--port', 'x'],
  ...['--prices', '--profile', '--job-info'].map((flag) => ['submit', 'a.jsonl', flag, '']),
  ...[
    'submit',
    'run',
    'poll',
    'show',
    'list',
    'cancel',
    'adopt',
    'cleanup',
    'retry',
    'results',
    'report',
  ].map((command) => [command, '']),
];

test.each(WRONG.map((words) => ({line: words.join(' '), words})))('"$line" ends with 2', async ({words}) => {
  const env = {GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9'};
  const {code} = await runCli(words, {cwd: await tempDir(), env});
  expect(code).toBe(2);
});

test.each([[['list', '--sort', 'foo']], [['results', '--format', 'xml']], [['submit', '-m', '']]])(
  '%j is JSON with --json',
  async (args) => {
    const {code, json} = await runCli([...args, '--json'], {cwd: await tempDir()});
    expect(code).toBe(2);
    expect(json()).toMatchObject({error: {code: 'USAGE', exit_code: 2}});
  },
);

test('an empty environment variable is one that is not set', async () => {
  const env = {GEMBATCH_MODEL: '', GEMBATCH_JOB_INFO: '', GEMBATCH_CREATE_GRACE: ''};
  const {code, json} = await runCli(['list', '--json'], {cwd: await tempDir(), env});
  expect([code, json()]).toEqual([0, expect.objectContaining({jobs: []})]);
});

test.each([['--version'], ['-v'], ['version'], ['version', '--json']])(
  '%s %s tells the version',
  async (...args) => {
    const {code, stdout} = await runCli(args, {cwd: await tempDir()});
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^gembatch\/\d+\.\d+\.\d+ \S+ node-v\d/u)]);
  },
);

test('-h is --help', async () => {
  const cwd = await tempDir();
  for (const args of [[], ['submit'], ['emulator']]) {
    const [short, long] = await Promise.all([
      runCli([...args, '-h'], {cwd}),
      runCli([...args, '--help'], {cwd}),
    ]);
    expect([short.code, short.stdout]).toEqual([0, long.stdout]);
  }
});
