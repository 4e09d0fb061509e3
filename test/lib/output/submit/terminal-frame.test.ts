import {stripVTControlCharacters} from 'node:util';
import {expect, test} from '@jest/globals';
import {displayWidth} from '../../../../src/lib/output/terminal/display-width.js';
import {colorsFor, marksFor} from '../../../../src/lib/output/terminal/screen.js';
import {Listr, ListrTaskState, SilentRenderer, type ListrRendererFactory} from 'listr2';
import {FileActivity} from '../../../../src/lib/output/submit/file-activity.js';
import {FileTally} from '../../../../src/lib/output/submit/file-tally.js';
import {outcomeText} from '../../../../src/lib/output/submit/submit-words.js';
import {listFrame} from '../../../../src/lib/output/submit/terminal-frame.js';
import {ByteRate} from '../../../../src/lib/output/terminal/byte-rate.js';
import type {FileOutcome} from '../../../../src/lib/workflows/submit/submit-report.js';
import {ManualClock} from '../../../helpers/manual-clock.js';
import {fakeTerminal} from '../fake-terminal.js';

const TOTAL_BYTES = 27_100_000;

/** A submission of many files in the middle: two have failed, four are worked on. */
async function middle(total: number): Promise<(columns: number, rows: number) => readonly string[]> {
  const clock = new ManualClock();
  const uploadRate = new ByteRate(clock.monotonic());
  const tally = new FileTally();
  const name = (index: number): string => `data/evaluations-質問/${String(index).padStart(3, '0')}.jsonl`;
  // The tasks of listr2 itself; those that wait are only counted.
  const {tasks} = new Listr<unknown, ListrRendererFactory, ListrRendererFactory>(
    Array.from({length: 16}, (_, position) => ({
      title: `[${position + 1}/${total}] ${name(position + 1)}`,
      task: () => undefined,
      rendererOptions: {outcome: outcomeOf(position + 1, name(position + 1))},
    })),
    {renderer: SilentRenderer, registerSignalListeners: false},
  );
  const ended = tasks.slice(0, 12);
  for (const [position, task] of ended.entries()) {
    const outcome = outcomeOf(position + 1, name(position + 1));
    tally.add(outcome);
    task.state$ = outcome.outcome === 'failed' ? ListrTaskState.FAILED : ListrTaskState.COMPLETED;
    if (outcome.outcome === 'failed') task.message$ = {error: outcomeText(outcome)};
    else task.output$ = outcomeText(outcome);
  }
  const needAttention = ended.filter((task) => task.hasFailed());
  const active = new Map(tasks.slice(12).map((task) => [task, new FileActivity(clock, uploadRate)]));
  const [first, second] = [...active.values()];
  for (const activity of active.values()) activity.apply({type: 'phase', index: 0, phase: 'uploading'});
  for (let seconds = 1; seconds <= 3; seconds += 1) {
    await clock.advance(1_000);
    first?.apply({type: 'progress', index: 13, bytes: seconds * 3_100_000, totalBytes: TOTAL_BYTES});
  }
  second?.apply({type: 'wait', index: 14, reason: 'the service answers 429', delayMs: 9_000});
  await clock.advance(2_000);
  for (const [task, activity] of active) task.output$ = activity.parts().join('\n');
  const screen = {stdout: fakeTerminal(), stderr: fakeTerminal(), env: {LANG: 'C.UTF-8'}};
  const style = {clock, marks: marksFor(screen), colors: colorsFor(screen.stderr, screen.env), head: 'data/'};
  const list = {
    total,
    tally,
    uploadRate,
    status: undefined,
    quota: undefined,
    active: new Set(active.keys()),
    ended,
    needAttention,
  };
  return (columns, rows) => listFrame(list, {columns, rows}, style).map(stripVTControlCharacters);
}

function outcomeOf(index: number, file: string): FileOutcome {
  if (index === 2 || index === 5) {
    const error = {code: 'FILE_EMPTY', message: `${file}: the file is empty.`, suggestions: []} as const;
    return {file, outcome: 'failed', error};
  }
  const job = {name: `batches/job-${index}`, state: 'JOB_STATE_PENDING'};
  return {file, outcome: 'submitted', count: 100, size_bytes: 1, job};
}

test('a screen of 500 files has totals, failures, what ended last, what is worked on and what waits', async () => {
  const frame = await middle(500);
  expect(frame(79, 12)).toEqual([
    '12 of 500 files, 2 failed, 10 submitted, 1.9 MB/s',
    '✖ [2/500] data/evaluations-質問/002.jsonl failed: the file is empty.',
    '✖ [5/500] data/evaluations-質問/005.jsonl failed: the file is empty.',
    '✔ [9/500] …evaluations-質問/009.jsonl submitted as batches/job-9, 100 requests',
    '✔ [10/500] …evaluat…ns-質問/010.jsonl submitted as batches/job-10, 100 requests',
    '✔ [11/500] …evaluat…ns-質問/011.jsonl submitted as batches/job-11, 100 requests',
    '✔ [12/500] …evaluat…ns-質問/012.jsonl submitted as batches/job-12, 100 requests',
    '⠋ [13/500] data/evaluations-質問/013.jsonl uploading 34%, 10s left, 1.9 MB/s',
    '⠋ [14/500] data/evaluations-質問/014.jsonl again in 7s: the service answers 429',
    '⠋ [15/500] data/evaluations-質問/015.jsonl uploading',
    '⠋ [16/500] data/evaluations-質問/016.jsonl uploading',
    '· and 484 more waiting',
  ]);
});

test('on a narrow screen the name of a job and what tells a file from others stay, and the less important goes', async () => {
  const frame = await middle(500);
  expect(frame(59, 12).slice(6, 9)).toEqual([
    '✔ [12/500] data/evaluations-質問/012.jsonl batches/job-12',
    '⠋ [13/500] …evalua…s-質問/013.jsonl uploading 34%, 10s left',
    '⠋ [14/500] …eval…問/014.jsonl again in 7s: the service ans…',
  ]);
});

test.each([1, 2, 5, 23].flatMap((rows) => [10, 20, 59, 79, 119].map((columns) => [columns, rows])))(
  'no screen of %d columns and %d rows is too small, whatever the number of files',
  async (columns = 0, rows = 0) => {
    for (const total of [16, 23, 500]) {
      const lines = (await middle(total))(columns, rows);
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
    }
  },
);

test('drawing costs the same with 100,000 files', async () => {
  const frame = await middle(100_000);
  const startMs = performance.now();
  for (let number = 0; number < 100; number += 1) frame(79, 23);
  expect((performance.now() - startMs) / 100).toBeLessThan(20);
});

test('what has been read whole has no rate and no time left', async () => {
  const clock = new ManualClock();
  const activity = new FileActivity(clock, new ByteRate(clock.monotonic()));
  activity.apply({type: 'phase', index: 1, phase: 'inspecting'});
  await clock.advance(1_000);
  activity.apply({type: 'progress', index: 1, bytes: 70, totalBytes: 70});
  expect(activity.parts()).toEqual(['checking 100%', '70 B']);
});
