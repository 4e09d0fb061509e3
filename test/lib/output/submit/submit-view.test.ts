import {expect, test} from '@jest/globals';
import type {OutputMode} from '../../../../src/lib/output/terminal/screen.js';
import {createSubmitView} from '../../../../src/lib/output/submit/submit-view.js';
import type {SubmitEvent} from '../../../../src/lib/workflows/submit/submit-report.js';
import {ManualClock} from '../../../helpers/manual-clock.js';
import {fakePipe, fakeTerminal} from '../fake-terminal.js';
import {OUTCOMES, STEPS, SUMMARY} from '../submission.js';

interface Shown {
  readonly stdout: string;
  readonly stderr: string;
}

const NEXT = {nextCommand: 'gembatch poll'};

/** What a view writes of the scripted submission. */
async function shown(mode: OutputMode, env: Record<string, string> = {}): Promise<Shown> {
  const clock = new ManualClock();
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env};
  const view = createSubmitView({mode, screen, clock, ...NEXT});
  for (const {afterMs, event} of STEPS) {
    await clock.advance(afterMs);
    view.report(event);
  }
  await view.close();
  return {stdout: screen.stdout.text, stderr: screen.stderr.text};
}

const SUMMARY_TEXT = `good.jsonl: warning: files/x could not be deleted.
bad\\x1b[2J.jsonl:3:14: "key" is missing.
  Correct the line and run the same command again.
lost.jsonl: the answer to its create was lost.
  Run the same command again: it finds out first.
old.jsonl: skipped, but it has changed since it became batches/b2.
  To submit their present content too: gembatch submit --force FILES
1 file not begun: Stopped before it was created; nothing was paid for it.
  Run the same command again to go on.

7 files: 1 submitted (1,200 requests, 3.4 MB), 3 skipped, 1 failed, 1 unclear, 1 not begun, in 1m 15s
`;

test('plain output is a line for each event, then the summary', async () => {
  expect(await shown('plain')).toEqual({
    stderr: `Waiting for gembatch submit (pid 7)
Warning: job-info.jsonl:2: not a record\\x07
[1/7] good.jsonl: checking
[1/7] good.jsonl: uploading
[1/7] good.jsonl: uploading 50% of 3.4 MB
[1/7] good.jsonl: again in 2s: the connection broke
[1/7] good.jsonl: creating the batch job
[1/7] good.jsonl: submitted 1,200 requests as batches/a1
[1/7] good.jsonl: warning: files/x could not be deleted.
[2/7] old.jsonl: skipped: it has CHANGED since batches/b2 (running); gembatch submit --force submits it again
[3/7] twin.jsonl: skipped: the same content as good.jsonl, which has batches/a1 (failed); gembatch retry submits it again
[4/7] job-info.jsonl: skipped: it is a file of gembatch itself
[5/7] bad\\x1b[2J.jsonl: failed: line 3, column 14: "key" is missing.
[6/7] lost.jsonl: unclear: the answer to its create was lost.
[7/7] late.jsonl: not begun: Stopped before it was created; nothing was paid for it.
`,
    stdout: SUMMARY_TEXT,
  });
});

test('plain output tells a phase again only after a wait', () => {
  const screen = {stdout: fakePipe(), stderr: fakePipe(), env: {}};
  const view = createSubmitView({mode: 'plain', screen, clock: new ManualClock(), ...NEXT});
  view.report({type: 'files', files: [{index: 1, name: 'a.jsonl'}]});
  const phase = {type: 'phase', index: 1, phase: 'creating'} as const;
  view.report(phase);
  view.report(phase);
  view.report({type: 'wait', index: 1, reason: 'no quota', delayMs: 2_000});
  view.report(phase);
  expect(screen.stderr.text.split('\n')).toEqual([
    '[1/1] a.jsonl: creating the batch job',
    '[1/1] a.jsonl: again in 2s: no quota',
    '[1/1] a.jsonl: creating the batch job',
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

test('in GitHub Actions each failure is an annotation too', async () => {
  const {stderr} = await shown('plain', {GITHUB_ACTIONS: 'true'});
  expect(stderr.split('\n').filter((line) => line.startsWith('::'))).toEqual([
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
  const view = createSubmitView({mode: 'plain', screen, clock: new ManualClock(), ...NEXT});
  const none = {submitted: 0, skipped: 0, failed: 0, unclear: 0, not_started: 0, duration_ms: 0};
  const summary = {...SUMMARY, ...none, files: 1, requests: 1, bytes: 9, ...change};
  const events: readonly SubmitEvent[] = [
    {type: 'files', files: [{index: 1, name: 'good.jsonl'}]},
    {
      type: 'outcome',
      index: 1,
      outcome: {...OUTCOMES[0], file: 'good.jsonl', outcome: 'would_submit', warnings: []},
    },
    {type: 'summary', summary},
  ];
  for (const event of events) view.report(event);
  await view.close();
  expect(screen.stdout.text).toBe(text);
});

test('on a terminal the summary is folded between words, each advice indented', async () => {
  const screen = {stdout: fakeTerminal(), stderr: fakeTerminal(), env: {}};
  screen.stdout.columns = 40;
  const view = createSubmitView({mode: 'plain', screen, clock: new ManualClock()});
  const suggestions = ['Correct the line and run the same command again.', 'Or leave the whole file out.'];
  const error = {code: 'FILE_INVALID', message: 'bad.jsonl:3:14: "key" is missing.', suggestions} as const;
  view.report({type: 'files', files: [{index: 1, name: 'bad.jsonl'}]});
  view.report({type: 'outcome', index: 1, outcome: {file: 'bad.jsonl', outcome: 'failed', error}});
  view.report({type: 'summary', summary: SUMMARY});
  await view.close();
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
  const view = createSubmitView({mode: 'quiet', screen, clock: new ManualClock()});
  const files = Array.from({length: 60}, (_, position) => ({index: position + 1, name: `${position}.jsonl`}));
  view.report({type: 'files', files});
  for (const {index, name} of files) {
    const outcome = {...OUTCOMES[1], file: name, outcome: 'skipped', changed: true} as const;
    view.report({type: 'outcome', index, outcome});
  }
  view.report({type: 'summary', summary: SUMMARY});
  const lines = screen.stderr.text.split('\n');
  expect([lines.length, ...lines.slice(49)]).toEqual([
    53,
    '49.jsonl: skipped, but it has changed since it became batches/b2.',
    'and 10 more files that have changed',
    '  To submit their present content too: gembatch submit --force FILES',
    '',
  ]);
});
