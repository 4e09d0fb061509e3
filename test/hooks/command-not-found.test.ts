import {describe, expect, test} from '@jest/globals';
import {runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

describe('a command that does not exist', () => {
  test('ends with 2 and the command that was probably meant, without asking or running anything', async () => {
    const {code, stdout, stderr} = await runCli(['autocomplet'], {cwd: await tempDir(), input: 'y\n'});
    expect({code, stdout}).toEqual({code: 2, stdout: ''});
    expect(stderr).toBe(
      [
        'Error: There is no command "autocomplet".',
        '  Did you mean: gembatch autocomplete',
        '  See all commands: gembatch help',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [['submti', 'a.jsonl'], 'submti', 'submit'],
    [['stop', 'batches/x'], 'stop', 'cancel'],
    [['ps'], 'ps', 'list'],
    [['validate', 'a.jsonl', '--model', 'm'], 'validate', 'submit --dry-run'],
    [['download'], 'download', 'results'],
    [['completion'], 'completion', 'autocomplete'],
    [['emulator', 'strat'], 'emulator strat', 'emulator start'],
    [['help', 'sbmit'], 'sbmit', 'submit'],
  ])('%j names the command that does it', async (args, written, meant) => {
    const {code, stderr} = await runCli(args, {cwd: await tempDir()});
    expect(code).toBe(2);
    expect(stderr).toContain(`There is no command "${written}".\n  Did you mean: gembatch ${meant}\n`);
  });

  test.each(['frobnicate', 'money', 'x'])('%s resembles nothing and gets no guess', async (word) => {
    const {code, stderr} = await runCli([word, 'a.jsonl'], {cwd: await tempDir()});
    expect(code).toBe(2);
    expect(stderr).not.toContain('Did you mean');
  });

  test('is JSON with --json', async () => {
    const {code, json} = await runCli(['hlep', '--json'], {cwd: await tempDir()});
    expect(code).toBe(2);
    expect(json()).toEqual({
      error: {
        code: 'USAGE',
        message: 'There is no command "hlep".',
        exit_code: 2,
        suggestions: ['Did you mean: gembatch help', 'See all commands: gembatch help'],
        details: {},
      },
    });
  });
});
