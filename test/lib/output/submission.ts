import type {ItemError} from '../../../src/lib/domain/item-error.js';
import type {SubmitView} from '../../../src/lib/output/submit/submit-view.js';
import type {Submission} from '../../../src/lib/workflows/submit/submission.js';
import type {
  FileOutcome,
  SubmitEvent,
  SubmitSummary,
} from '../../../src/lib/workflows/submit/submit-report.js';

const WRONG_LINE: ItemError = {
  code: 'FILE_INVALID',
  message: 'bad\u001B[2J.jsonl:3:14: "key" is missing.',
  suggestions: ['Correct the line and run the same command again.'],
  line: 3,
  column: 14,
};

const CHANGED: ItemError = {
  code: 'FILE_CHANGED',
  message: 'old.jsonl: its content has changed since it became batches/b2; the present content was not sent.',
  suggestions: ['Submit the new content too: --if-changed submit'],
};

const NO_ANSWER: ItemError = {
  code: 'UNCLEAR',
  message: 'lost.jsonl: the answer to its create was lost.',
  suggestions: ['Run the same command again: it finds out first.'],
};

const STOPPED: ItemError = {
  code: 'INTERRUPTED',
  message: 'Stopped before it was created; nothing was paid for it.',
  suggestions: ['Run the same command again to go on.'],
};

/** An outcome of each kind, by file. */
export const OUTCOMES: readonly FileOutcome[] = [
  {
    file: 'good.jsonl',
    outcome: 'submitted',
    count: 1_200,
    size_bytes: 3_400_000,
    job: {name: 'batches/a1', state: 'JOB_STATE_PENDING'},
    warnings: ['files/x could not be deleted.'],
  },
  {
    file: 'old.jsonl',
    outcome: 'changed',
    reason: 'same_file',
    changed: true,
    job: {name: 'batches/b2', state: 'JOB_STATE_RUNNING'},
    error: CHANGED,
  },
  {
    file: 'copy.jsonl',
    outcome: 'skipped',
    reason: 'same_content',
    same_as: 'good.jsonl',
    job: {name: 'batches/a1', state: 'JOB_STATE_FAILED'},
  },
  {file: 'job-info.jsonl', outcome: 'skipped', reason: 'own_file'},
  {file: 'bad\u001B[2J.jsonl', outcome: 'failed', error: WRONG_LINE},
  {file: 'lost.jsonl', outcome: 'unclear', error: NO_ANSWER},
  {file: 'late.jsonl', outcome: 'not_started', error: STOPPED},
];

export const SUMMARY: SubmitSummary = {
  files: 7,
  submitted: 1,
  skipped: 2,
  changed: 1,
  would_submit: 0,
  failed: 1,
  unclear: 1,
  not_started: 1,
  requests: 1_200,
  bytes: 3_400_000,
  duration_ms: 75_000,
  exit_code: 8,
};

/** A step of a scripted submission: so much time goes by, then the event comes. */
export interface Step {
  readonly afterMs: number;
  readonly event: SubmitEvent;
}

/** A submission in which everything happens that can be reported. */
export const STEPS: readonly Step[] = [
  {afterMs: 0, event: {type: 'status', message: 'Waiting for gembatch submit (pid 7)'}},
  {
    afterMs: 0,
    event: {type: 'files', files: OUTCOMES.map(({file}, position) => ({index: position + 1, name: file}))},
  },
  {afterMs: 0, event: {type: 'warning', message: 'job-info.jsonl:2: not a record\u0007'}},
  {afterMs: 0, event: {type: 'phase', index: 1, phase: 'inspecting'}},
  {afterMs: 100, event: {type: 'phase', index: 1, phase: 'uploading'}},
  {afterMs: 1_000, event: {type: 'progress', index: 1, bytes: 400_000, totalBytes: 3_400_000}},
  {afterMs: 30_000, event: {type: 'progress', index: 1, bytes: 1_700_000, totalBytes: 3_400_000}},
  {afterMs: 500, event: {type: 'wait', index: 1, reason: 'the connection broke', delayMs: 2_000}},
  {afterMs: 2_000, event: {type: 'phase', index: 1, phase: 'creating'}},
  ...OUTCOMES.map((outcome, position): Step => ({
    afterMs: 0,
    event: {type: 'outcome', index: position + 1, outcome},
  })),
  {afterMs: 0, event: {type: 'summary', summary: SUMMARY}},
];

/** A submission whose files end when a test says so. */
export class ScriptedSubmission {
  readonly #ends = new Map<number, (outcome: FileOutcome) => void>();
  readonly submission: Submission;

  /** @param later - how many more files there are, for a later pass. */
  constructor(names: readonly string[], concurrency = names.length, later = 0) {
    const files = names.map((name, position) => ({
      index: position + 1,
      name,
      path: `/${name}`,
      inputFile: name,
    }));
    const submitOne = ({index}: {index: number}): Promise<FileOutcome> =>
      new Promise((resolve) => this.#ends.set(index, resolve));
    // A list needs no more of a submission than this.
    this.submission = {
      files,
      total: files.length + later,
      concurrency,
      submitOne,
    } as Partial<Submission> as Submission;
  }

  /** Shows the submission; resolves when its first files are worked on. */
  async show(view: SubmitView): Promise<{readonly shown: Promise<void>}> {
    const shown = view.submitEach(this.submission);
    const {files, concurrency} = this.submission;
    while (this.#ends.size < Math.min(files.length, concurrency)) await new Promise(setImmediate);
    return {shown};
  }

  /** Ends a file. */
  async end(view: SubmitView, index: number, outcome: FileOutcome): Promise<void> {
    while (!this.#ends.has(index)) await new Promise(setImmediate);
    view.report({type: 'outcome', index, outcome});
    this.#ends.get(index)?.(outcome);
    // The list tells its renderer of the end, and begins the next file.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  }

  /** Ends all files that are not over. */
  async endAll(view: SubmitView, outcomes: readonly FileOutcome[]): Promise<void> {
    for (const [position, outcome] of outcomes.entries()) await this.end(view, position + 1, outcome);
  }
}

/** Plays `STEPS` to a view. @param later - how many files are left for a later pass. */
export async function play(
  view: SubmitView,
  clock: {advance: (ms: number) => Promise<void>},
  later = 0,
): Promise<void> {
  const script = new ScriptedSubmission(
    OUTCOMES.map(({file}) => file),
    OUTCOMES.length,
    later,
  );
  let shown = Promise.resolve();
  for (const {afterMs, event} of STEPS) {
    await clock.advance(afterMs);
    if (event.type === 'outcome') await script.end(view, event.index, event.outcome);
    if (event.type === 'summary') await shown;
    if (event.type !== 'outcome') view.report(event);
    if (event.type === 'files') ({shown} = await script.show(view));
  }
}
