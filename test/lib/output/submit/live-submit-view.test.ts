import {expect, test} from '@jest/globals';
import {SubmitView} from '../../../../src/lib/output/submit/submit-view.js';
import type {FileOutcome} from '../../../../src/lib/workflows/submit/submit-report.js';
import type {Submission} from '../../../../src/lib/workflows/submit/submission.js';
import {ManualClock} from '../../../helpers/manual-clock.js';
import {fakeTerminal} from '../fake-terminal.js';
import {OUTCOMES, play, ScriptedSubmission} from '../submission.js';

const UTF8 = {LANG: 'en_US.UTF-8', NO_COLOR: '1'};

interface Live {
  readonly view: SubmitView;
  readonly clock: ManualClock;
  readonly stdout: ReturnType<typeof fakeTerminal>;
  readonly stderr: ReturnType<typeof fakeTerminal>;
}

function live(env: Record<string, string> = UTF8): Live {
  const clock = new ManualClock();
  const [stdout, stderr] = [fakeTerminal(), fakeTerminal()];
  const view = new SubmitView({mode: 'live', screen: {stdout, stderr, env}, clock});
  return {view, clock, stdout, stderr};
}

const ENDED: FileOutcome = {...OUTCOMES[0], file: 'a.jsonl', outcome: 'submitted', warnings: []};

/** Resolves when the list has drawn something. */
async function drawn({stderr}: Live, text: string): Promise<void> {
  while (!stderr.text.includes(text)) await new Promise((resolve) => setImmediate(resolve));
}

test('the last screen has every file that was begun, warnings stay whole above it, and the summary follows', async () => {
  const {view, clock, stdout, stderr} = live();
  await play(view, clock);
  const [, lastScreen = ''] = stderr.text.split('\u001B[?25l');
  expect(stderr.text).toContain('Waiting for gembatch submit (pid 7)\n');
  expect(stderr.text).toContain('Warning: job-info.jsonl:2: not a record\\x07');
  expect(lastScreen.slice(lastScreen.lastIndexOf('✔')).replaceAll('\u001B[K', '')).toBe(
    `✔ [1/7] good.jsonl submitted as batches/a1, 1,200 requests
✖ [2/7] old.jsonl changed: its content has changed since it became batches/b2;…
↓ [3/7] copy.jsonl skipped: the same content as good.jsonl, which has batches/…
↓ [4/7] job-info.jsonl skipped: it is a file of gembatch itself
✖ [5/7] bad\\x1b[2J.jsonl failed: line 3, column 14: "key" is missing.
? [6/7] lost.jsonl unclear: the answer to its create was lost.
\u001B[J\u001B[?25h
`,
  );
  expect(stdout.text).toMatch(/"key" is missing\.\n  Correct the line.*\n7 files: 1 submitted/su);
});

test('what others write meanwhile stands above the list and in view, and the cursor comes back', async () => {
  const run = live();
  run.stderr.rows = 6;
  const script = new ScriptedSubmission(
    Array.from({length: 50}, () => 'a.jsonl'),
    10,
  );
  const {shown} = await script.show(run.view);
  for (let index = 1; index <= 10; index += 1) run.view.report({type: 'phase', index, phase: 'uploading'});
  await drawn(run, '[2/50] a.jsonl uploading');
  run.stderr.write('SIGINT: finishing what is in flight\n');
  expect(run.stderr.text).not.toContain('SIGINT');
  await drawn(run, 'SIGINT');
  const screen = run.stderr.text.split('\r\u001B[5A').at(-1) ?? '';
  expect(screen.split('\u001B[K\n')).toEqual([
    'SIGINT: finishing what is in flight',
    '0 of 50 files',
    expect.stringContaining('[1/50] a.jsonl uploading'),
    expect.stringContaining('[2/50] a.jsonl uploading'),
    '· and 40 more waiting',
    '\u001B[J',
  ]);
  await script.endAll(
    run.view,
    Array.from({length: 50}, () => ENDED),
  );
  await shown;
  run.stderr.write('after');
  expect(run.stderr.text.endsWith('\u001B[?25hafter')).toBe(true);
});

test('10,000 events between two frames cost one drawing', async () => {
  const run = live();
  const script = new ScriptedSubmission(['a.jsonl']);
  const {shown} = await script.show(run.view);
  await drawn(run, '0 of 1 files');
  run.view.report({type: 'phase', index: 1, phase: 'uploading'});
  const before = run.stderr.writes.length;
  for (let bytes = 0; bytes < 10_000; bytes += 1) {
    run.view.report({type: 'progress', index: 1, bytes, totalBytes: 10_000});
  }
  await drawn(run, 'uploading 99%');
  expect(run.stderr.writes.length).toBeLessThanOrEqual(before + 2);
  await script.endAll(run.view, [ENDED]);
  await shown;
});

test('without UTF-8 the marks are ASCII, and NO_COLOR keeps the colours away', async () => {
  const {view, clock, stderr} = live({LANG: 'C', NO_COLOR: '1'});
  await play(view, clock);
  expect(stderr.text).not.toMatch(/[^\p{ASCII}]/u);
  // oxlint-disable-next-line no-control-regex -- colours are control sequences.
  expect(stderr.text).not.toMatch(/\u001B\[\d*m/u);
});

test('words are coloured on a terminal', async () => {
  const {view, clock, stderr} = live({LANG: 'en_US.UTF-8'});
  await play(view, clock);
  expect(stderr.text).toContain('\u001B[31m✖\u001B[39m [5/7]');
});

test('a defect ends the list, and is told', async () => {
  const {view} = live();
  const {files} = new ScriptedSubmission(['a.jsonl', 'b.jsonl']).submission;
  const submitOne = async (): Promise<never> => {
    throw new RangeError('a defect');
  };
  const failing = {files, concurrency: 2, submitOne} as Partial<Submission> as Submission;
  await expect(view.submitEach(failing)).rejects.toThrow('a defect');
});

test('the wait for quota is one line, which says when it is tried again, and not one for each file', async () => {
  const run = live();
  run.stderr.columns = 60;
  const script = new ScriptedSubmission(
    Array.from({length: 30}, () => 'a.jsonl'),
    10,
  );
  const {shown} = await script.show(run.view);
  run.view.report({
    type: 'files',
    files: Array.from({length: 30}, (_, at) => ({index: at + 1, name: 'a.jsonl'})),
  });
  run.view.report({type: 'phase', index: 1, phase: 'uploading'});
  for (let index = 2; index <= 10; index += 1) run.view.report({type: 'phase', index, phase: 'waiting'});
  run.view.report({type: 'quota', reason: 'Resource exhausted.', delayMs: 32_000, leftMs: 900_000});
  await drawn(run, 'again in 32s');
  const screen = run.stderr.text.slice(run.stderr.text.lastIndexOf('0 of 30 files'));
  expect(screen.split('\u001B[K\n').slice(0, 4)).toEqual([
    '0 of 30 files',
    expect.stringMatching(/^30 files waiting for quota, again in 32s, until [\d:]{8}$/u),
    expect.stringContaining('[1/30] a.jsonl uploading'),
    '\u001B[J',
  ]);
  await script.endAll(
    run.view,
    Array.from({length: 30}, () => ENDED),
  );
  await shown;
});

test('the name of a job stays whole at the end, on a line of its own where it has no room beside the file', async () => {
  const run = live();
  run.stderr.columns = 40;
  const job = {name: `batches/${'x'.repeat(36)}`, state: 'JOB_STATE_PENDING'};
  const script = new ScriptedSubmission(['a.jsonl'], 1);
  const {shown} = await script.show(run.view);
  await script.endAll(run.view, [{...ENDED, count: 1, job}]);
  await shown;
  expect(run.stderr.text.replaceAll('\u001B[K', '')).toContain(`✔ [1/1] a.jsonl submitted\n  ${job.name}\n`);
});
