import {expect, test} from '@jest/globals';
import type {OutputMode} from '../../../../src/lib/output/terminal/screen.js';
import {SubmitView} from '../../../../src/lib/output/submit/submit-view.js';
import {ManualClock} from '../../../helpers/manual-clock.js';
import {fakePipe, fakeTerminal} from '../fake-terminal.js';
import {OUTCOMES, play, ScriptedSubmission, SUMMARY} from '../submission.js';

interface Shown {
  readonly stdout: string;
  readonly stderr: string;
}

const NEXT = {nextCommand: () => 'gembatch poll'};

/** What a view writes of the scripted submission. */
async function shown(mode: OutputMode, env: Record<string, string> = {}): Promise<Shown> {
  const clock = new ManualClock();
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env};
  const view = new SubmitView({mode, screen, clock, ...NEXT});
  await play(view, clock);
  return {stdout: screen.stdout.text, stderr: screen.stderr.text};
}

const SUMMARY_TEXT = `good.jsonl: warning: files/x could not be deleted.
old.jsonl: its content has changed since it became batches/b2; the present content was not sent.
  Submit the new content too: --if-changed submit
bad\\x1b[2J.jsonl:3:14: "key" is missing.
  Correct the line and run the same command again.
lost.jsonl: the answer to its create was lost.
  Run the same command again: it finds out first.
1 file not started (nothing paid)
  Run the same command again to go on.

7 files: 1 submitted (1,200 requests, 3.4 MB), 2 skipped, 1 changed, 1 failed, 1 unclear, 1 not started, in 1m 15s
`;

test('in a pipe a line is written when a task ends or has to wait, then the summary with the reasons', async () => {
  expect(await shown('plain')).toEqual({
    stderr: `Waiting for gembatch submit (pid 7)
Warning: job-info.jsonl:2: not a record\\x07
[1/7] good.jsonl: uploading 50%, 39s left, 43.3 KB/s, 3.4 MB
[1/7] good.jsonl: again in 2s: the connection broke
[1/7] good.jsonl: submitted 1,200 requests as batches/a1
[2/7] old.jsonl: changed
[3/7] copy.jsonl: skipped: the same content as good.jsonl, which has batches/a1 (failed); gembatch retry submits it again
[4/7] job-info.jsonl: skipped: it is a file of gembatch itself
[5/7] bad\\x1b[2J.jsonl: failed
[6/7] lost.jsonl: unclear
[7/7] late.jsonl: not started (nothing paid)
`,
    stdout: SUMMARY_TEXT,
  });
});

test.each([
  [1, 'the line of a file has the reason, too, while files are left for later'],
  [0, 'the reason stands in the summary alone when no file is left for later'],
])('in a pipe of a command that may take hours (%i): %s', async (later) => {
  const clock = new ManualClock();
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env: {}};
  await play(new SubmitView({mode: 'plain', screen, clock, isLong: true}), clock, later);
  const isSaid = (text: string): boolean => screen.stderr.text.includes(text);
  expect(isSaid('failed: line 3, column 14: "key" is missing.\n')).toBe(later > 0);
  expect(isSaid('warning: files/x could not be deleted.\n')).toBe(later > 0);
});

test('in a pipe a task that takes long says how far it is, every 30 seconds', async () => {
  const clock = new ManualClock();
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env: {}};
  const view = new SubmitView({mode: 'plain', screen, clock, ...NEXT});
  const script = new ScriptedSubmission(['a.jsonl']);
  await script.show(view);
  view.report({type: 'phase', index: 1, phase: 'uploading'});
  for (let second = 1; second <= 65; second += 1) {
    await clock.advance(1_000);
    view.report({type: 'progress', index: 1, bytes: second, totalBytes: 100});
  }
  expect(screen.stderr.text.split('\n').map((line) => line.slice(0, 29))).toEqual([
    '[1/1] a.jsonl: uploading 30%,',
    '[1/1] a.jsonl: uploading 60%,',
    '',
  ]);
});

test('quiet output is what went wrong and what to do', async () => {
  expect(await shown('quiet')).toEqual({
    stderr: `Warning: job-info.jsonl:2: not a record\\x07\n${SUMMARY_TEXT.split('\n\n')[0]}\n`,
    stdout: '',
  });
});

test('silent output is the warnings about the run as a whole', async () => {
  expect(await shown('silent')).toEqual({
    stderr: 'Warning: job-info.jsonl:2: not a record\\x07\n',
    stdout: '',
  });
});

test('in GitHub Actions each failure and each warning is an annotation too', async () => {
  const {stderr} = await shown('plain', {GITHUB_ACTIONS: 'true'});
  expect(stderr.split('\n').filter((line) => line.startsWith('::'))).toEqual([
    '::warning file=good.jsonl::files/x could not be deleted.',
    '::error file=old.jsonl::old.jsonl: its content has changed since it became batches/b2; the present content was not sent.%0ASubmit the new content too: --if-changed submit',
    '::error file=bad\\x1b[2J.jsonl,line=3,col=14::bad\\x1b[2J.jsonl:3:14: "key" is missing.%0ACorrect the line and run the same command again.',
    '::error file=lost.jsonl::lost.jsonl: the answer to its create was lost.%0ARun the same command again: it finds out first.',
  ]);
});

test.each([
  [
    'submitted',
    {submitted: 1, exit_code: 0},
    '1 file: 1 submitted (1 request, 9 B), in 0s\nNext: gembatch poll\n',
  ],
  ['all skipped', {skipped: 1, exit_code: 0}, '1 file: 0 submitted, 1 skipped, in 0s\nNext: gembatch poll\n'],
  ['all failed', {failed: 1, exit_code: 1}, '1 file: 0 submitted, 1 failed, in 0s\n'],
  [
    '--dry-run',
    {would_submit: 1, exit_code: 0},
    '1 file: 1 would be submitted (1,200 requests, 3.4 MB), in 0s\n',
  ],
])('the last lines when %s', async (_case, change, text) => {
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env: {}};
  const view = new SubmitView({mode: 'plain', screen, clock: new ManualClock(), ...NEXT});
  const none = {submitted: 0, skipped: 0, changed: 0, failed: 0, unclear: 0, not_started: 0, duration_ms: 0};
  const summary = {...SUMMARY, ...none, files: 1, requests: 1, bytes: 9, ...change};
  const script = new ScriptedSubmission(['good.jsonl']);
  const {shown: over} = await script.show(view);
  await script.endAll(view, [{...OUTCOMES[0], file: 'good.jsonl', outcome: 'would_submit', warnings: []}]);
  await over;
  view.report({type: 'summary', summary});
  expect(screen.stdout.text).toBe(text);
});

test('on a terminal the summary is folded between words, each advice indented', async () => {
  const screen = {stdout: fakeTerminal(), stderr: fakeTerminal(), env: {}};
  screen.stdout.columns = 40;
  const view = new SubmitView({mode: 'plain', screen, clock: new ManualClock()});
  const suggestions = ['Correct the line and run the same command again.', 'Or leave the whole file out.'];
  const error = {code: 'FILE_INVALID', message: 'bad.jsonl:3:14: "key" is missing.', suggestions} as const;
  view.report({type: 'outcome', index: 1, outcome: {file: 'bad.jsonl', outcome: 'failed', error}});
  view.report({type: 'summary', summary: SUMMARY});
  expect(screen.stdout.text.split('\n').slice(0, 6)).toEqual([
    'bad.jsonl:3:14: "key" is missing.',
    '  Correct the line and run the same',
    '  command again.',
    '  Or leave the whole file out.',
    '',
    '7 files: 1 submitted (1,200 requests,',
  ]);
});

test('of many files that have changed, the first are named and all are counted', async () => {
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env: {}};
  const view = new SubmitView({mode: 'plain', screen, clock: new ManualClock()});
  for (let index = 1; index <= 60; index += 1) {
    const file = `${index - 1}.jsonl`;
    const error = {code: 'FILE_CHANGED', message: `${file} has changed.`, suggestions: ['Decide.']} as const;
    view.report({type: 'outcome', index, outcome: {file, outcome: 'changed', error}});
  }
  view.report({type: 'summary', summary: SUMMARY});
  const lines = screen.stdout.text.split('\n');
  expect(lines.slice(49, 53)).toEqual([
    '49.jsonl has changed.',
    '  Decide.',
    'and 10 more files with errors or warnings',
    '',
  ]);
});

test('files that a cap keeps from having a turn have no unknown cost: they are counted apart', () => {
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env: {}};
  const view = new SubmitView({mode: 'plain', screen, clock: new ManualClock()});
  const error = {code: 'COST_CAP', message: 'too dear', suggestions: []} as const;
  const left = {outcome: 'not_started', error} as const;
  const estimate = {low: 1, likely: 2, high: 3};
  view.report({type: 'outcome', index: 1, outcome: {...left, file: 'a.jsonl', estimate_usd: estimate}});
  view.report({type: 'outcome', index: 2, outcome: {...left, file: 'b.jsonl'}});
  view.report({type: 'summary', summary: SUMMARY});
  expect(screen.stdout.text).toContain(
    '2 files left by the cap, nothing paid: about $2.00, at most $3.00 (without 1 that had no turn yet).\n',
  );
});
