import {describe, expect, test} from '@jest/globals';
import {runCli} from '../../helpers/run-cli.js';
import {tempDir} from '../../helpers/temp-dir.js';

describe.each([
  [['list', '--sort', 'foo'], '--sort takes recorded, file, age or state, not "foo".'],
  [['list', '--sort'], '--sort needs a value: recorded, file, age or state.'],
  [['results', '--format', 'xml'], '--format takes jsonl, csv or tsv, not "xml".'],
  [['results', '--failed', '--join', 'x.csv'], '--failed and --join cannot be used together.'],
  [['submit'], 'FILES is missing: request files, folders of them, or glob patterns.'],
  [['submit', 'a.jsonl', '-m', ''], '--model has an empty value.'],
  [['submit', 'a.jsonl', '-m', 'a', '-m', 'b'], '--model can be given only once.'],
  [
    ['submit', 'a.jsonl', '-c', '0'],
    '--concurrency takes a whole number greater than or equal to 1, not "0".',
  ],
  [['poll', '--timeout', 'soon'], '--timeout: "soon" is not a duration.'],
  [['show', 'a', 'b'], 'Unexpected argument: b.'],
  [['help', '--wrong'], 'There is no flag --wrong.'],
  [['autocomplete', 'tcsh'], '"tcsh" is not one of the choices: bash, zsh, fish or powershell.'],
])('%j', (args, sentence) => {
  test('ends with 2 and one plain sentence', async () => {
    const {code, stdout, stderr} = await runCli(args, {cwd: await tempDir()});
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', `Error: ${sentence}`]);
  });
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
