import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {requestLines} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

/** A folder in which three files were submitted, and how to run a command there. */
async function submitted() {
  const {emulator, env} = await useEmulator();
  const cwd = await tempDir();
  for (const name of ['1', '2', '3']) await writeFile(join(cwd, `${name}.jsonl`), requestLines(2, name));
  const submit = () => runCli(['submit', '1.jsonl', '2.jsonl', '3.jsonl', '-m', MODEL], {cwd, env});
  expect((await submit()).code).toBe(0);
  // Nothing but the job-info file tells of these jobs, so that it alone keeps them from being paid again.
  emulator.control.fault({on: 'batches.list', times: 100, fault: {kind: 'status', status: 200, body: {}}});
  const path = join(cwd, 'job-info.jsonl');
  return {
    path,
    text: await readFile(path, 'utf8'),
    submit,
    paid: () => emulator.control.paid().length,
    cwd,
    env,
  };
}

const pretty = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.stringify(JSON.parse(line), null, 2))
    .join('\n');

const UNREADABLE: readonly [string, (text: string) => string, string][] = [
  ['whose last line is cut', (text) => text.slice(0, -40), 'line 3: it is cut off'],
  ['that is pretty-printed', pretty, 'line 1: a record is spread over several lines'],
  [
    'that is a JSON array',
    (text) => `[${text.trim().split('\n').join(',')}]`,
    'line 1: the file is a JSON array',
  ],
  ['with trailing commas', (text) => text.replaceAll('}\n', '},\n'), 'line 1: it ends with a comma'],
  ['that is something else', () => '# Notes\n\nBuy milk.\n', 'line 3: it is not valid JSON'],
];

describe('a job-info file', () => {
  test.each(UNREADABLE)(
    '%s is not submitted on, and the refusal says how to mend it',
    async (_what, spoil, why) => {
      const {path, text, submit, paid} = await submitted();
      await writeFile(path, spoil(text));
      const {code, stderr} = await submit();
      expect([code, paid()]).toEqual([10, 3]);
      expect(stderr).toContain(why);
      expect(stderr).toContain('Nothing was sent.');
      expect(await readFile(path, 'utf8')).toBe(spoil(text));
      // Mended, it goes on as before.
      await writeFile(path, text);
      expect([(await submit()).code, paid()]).toEqual([0, 3]);
    },
  );

  test.each(UNREADABLE)('%s is not run on, nor retried', async (_what, spoil, why) => {
    const {path, text, paid, cwd, env} = await submitted();
    // Both would have something to send.
    const ended = text.replace(/"state":"JOB_STATE_[A-Z]+"/u, '"state":"JOB_STATE_FAILED"');
    await writeFile(path, spoil(ended));
    for (const command of [['run', '1.jsonl', '2.jsonl', '3.jsonl', '-m', MODEL], ['retry']]) {
      const {code, stderr} = await runCli(command, {cwd, env});
      expect([command[0], code, paid()]).toEqual([command[0], 10, 3]);
      expect(stderr).toContain(why);
      expect(stderr).toContain('Nothing was sent.');
    }
    expect(await readFile(path, 'utf8')).toBe(spoil(ended));
  });

  test('that cannot be read whole is not adopted to, and what reads does not speak of sending', async () => {
    const {path, text, cwd, env} = await submitted();
    await writeFile(path, text.slice(0, -40));
    const adopt = await runCli(['adopt', '--all-mine'], {cwd, env});
    expect([adopt.code, adopt.stderr]).toEqual([10, expect.stringContaining('Nothing was recorded.')]);
    await writeFile(path, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('odd')]));
    for (const command of ['list', 'results', 'poll']) {
      const {code, stderr} = await runCli([command], {cwd, env});
      expect([code, stderr]).toEqual([10, expect.stringContaining('to its end. It was not changed.')]);
      expect(adopt.stderr + stderr).not.toContain('Nothing was sent');
    }
  });

  test.each([
    ['in UTF-16', (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])],
    [
      'in UTF-16 with the high byte first',
      (text: string) => Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]),
    ],
    [
      'whose lines end with a carriage return alone',
      (text: string) => Buffer.from(text.replaceAll('\n', '\r')),
    ],
    ['with Windows line ends', (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))],
    [
      'with members that nobody knows',
      (text: string) => Buffer.from(text.replaceAll('{"input_file"', '{"new":[1],"input_file"')),
    ],
    ['with comments and blank lines', (text: string) => Buffer.from(`# ours\n\n${text}`)],
  ])('%s is read', async (_what, convert) => {
    const {path, text, submit, paid} = await submitted();
    await writeFile(path, convert(text));
    expect([(await submit()).code, paid()]).toEqual([0, 3]);
  });

  test('in UTF-16 is UTF-8 after the next change', async () => {
    const {path, text, cwd, env} = await submitted();
    await writeFile(path, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]));
    await runCli(['cancel', '1.jsonl', '--yes'], {cwd, env});
    const after = await readFile(path, 'utf8');
    expect(parseLines(after).map((line) => (line as {input_file: string}).input_file)).toEqual(
      expect.arrayContaining(['1.jsonl', '2.jsonl', '3.jsonl']),
    );
  });
});

describe('a line that cannot be read', () => {
  const broken = '{"input_file":"b.jsonl", "count": 3,\n';

  test.each([
    'cost',
    'cost --json',
    'results',
    'report',
    'retry --dry-run',
    'cleanup',
    'cancel --all-running --yes',
    'poll --once',
  ])('is told by %s, which knows the other records only', async (line) => {
    const {path, text, cwd, env} = await submitted();
    await writeFile(path, `${text}${broken}`);
    const {stdout, stderr} = await runCli(line.split(' '), {cwd, env});
    expect(stderr).toContain('job-info.jsonl cannot be read whole (line 4: ');
    expect(stdout).not.toContain('cannot be read whole');
  });

  test('is told by list once', async () => {
    const {path, text, cwd, env} = await submitted();
    await writeFile(path, `${text}${broken}`);
    const {stdout, stderr} = await runCli(['list'], {cwd, env});
    expect(`${stdout}${stderr}`.match(/job-info\.jsonl/gu)).toHaveLength(1);
  });

  test('makes of a file that was named by mistake no empty job-info file', async () => {
    const cwd = await tempDir();
    await writeFile(join(cwd, 'README.md'), '# Notes\n\nBuy milk.\n');
    const {stderr} = await runCli(['cost', '--job-info', 'README.md'], {cwd});
    expect(stderr).toContain('README.md cannot be read whole (line 3: ');
  });
});
