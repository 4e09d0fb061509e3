/**
 * The one table of what can go wrong: code, exit code, and what to do next. Help, `docs/scripting.md` and the tests
 * read it; nothing else decides an exit code.
 */
import {helpCommand, ownCommand} from './program-name.js';

/** Exit codes by name. Numbers are part of the interface and never change their meaning. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  partial: 3,
  running: 4,
  locked: 5,
  credentials: 6,
  quota: 7,
  unclear: 8,
  service: 9,
  storage: 10,
  model: 11,
  cost_cap: 12,
  bug: 70,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** The signals that ask a command to end, with the exit code of a command that they ended. */
export const EXIT_OF_SIGNAL: ReadonlyMap<unknown, number> = new Map([
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
  ['SIGHUP', EXIT.hangup],
]);

/** What each exit code says, in the words of the help and of `docs/scripting.md`. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'everything you asked for is done',
  failed: 'everything failed',
  usage: 'wrong usage, or every input is bad',
  partial: 'some of it worked, some of it failed',
  running: 'something is still running; run the same command again to go on',
  locked: 'another process holds the job-info file',
  credentials: 'no API key, or the service refused it',
  quota: 'the quota is used up',
  unclear: 'a batch job may or may not exist; run the same command again to find out',
  service: 'the service cannot be reached or does not answer properly',
  storage: 'a local file cannot be read or written',
  model: 'the model is unknown, retired or has no batch support',
  cost_cap: 'more would cost more than the cap allows',
  bug: 'a bug in gembatch',
  hangup: 'ended by SIGHUP',
  interrupted: 'ended by Ctrl-C (SIGINT)',
  terminated: 'ended by SIGTERM',
};

interface ErrorKind {
  readonly exit: keyof typeof EXIT;
  /** What to do next, when the one who throws does not know better. */
  readonly suggestion: string;
}

/** Every error code with its exit code and its remedy. */
export const ERRORS = {
  USAGE: {
    exit: 'usage',
    get suggestion() {
      return `See how it is used: ${helpCommand()}`;
    },
  },
  NO_INPUT: {
    exit: 'usage',
    suggestion: 'Name at least one JSONL request file, for example: batch/*.jsonl',
  },
  FILE_MISSING: {exit: 'usage', suggestion: 'Check the path; nothing was sent for it.'},
  FILE_UNREADABLE: {exit: 'usage', suggestion: 'Make the file readable and run the same command again.'},
  FILE_IS_FOLDER: {exit: 'usage', suggestion: 'Name the files in it, for example: FOLDER/*.jsonl'},
  FILE_EMPTY: {exit: 'usage', suggestion: 'Put one request on each line, or leave the file out.'},
  FILE_TOO_LARGE: {
    exit: 'usage',
    suggestion: 'Split the file; the service takes at most 2 GB in one request file.',
  },
  FILE_INVALID: {
    exit: 'usage',
    suggestion: 'Correct the line and run the same command again.',
  },
  FILE_CHANGED: {
    exit: 'failed',
    suggestion: 'Let whatever writes the file finish, then run the same command again.',
  },
  MODEL_CHANGED: {
    exit: 'failed',
    suggestion: 'Choose one: --if-changed submit or --if-changed skip.',
  },
  PROJECT_CHANGED: {
    exit: 'failed',
    suggestion: 'Use an API key of the project that the file was submitted to.',
  },
  RECIPE_CHANGED: {
    exit: 'failed',
    suggestion: 'Choose one: --if-changed submit or --if-changed skip.',
  },
  JOB_ENDED: {
    exit: 'failed',
    get suggestion() {
      return `Submit it again: ${ownCommand('retry')}`;
    },
  },
  RESULT_EXISTS: {
    exit: 'failed',
    suggestion: 'Use the job-info file that has its record (--job-info FILE), or move the result away.',
  },
  RESULTS_LEFT: {
    exit: 'failed',
    get suggestion() {
      return `Fetch them: ${ownCommand('poll --results-dir FOLDER')}`;
    },
  },
  KEY_MISSING: {
    exit: 'credentials',
    suggestion: 'Get a key at https://aistudio.google.com/apikey, then: export GEMINI_API_KEY=YOUR_KEY',
  },
  KEY_REFUSED: {exit: 'credentials', suggestion: 'Check GEMINI_API_KEY and the project that it belongs to.'},
  MODEL_UNAVAILABLE: {exit: 'model', suggestion: 'Name a model with batch support: --model NAME'},
  QUOTA: {
    exit: 'quota',
    suggestion:
      'Wait for running jobs to finish, then run the same command again; what was submitted is recorded and is not sent twice.',
  },
  COST_CAP: {
    exit: 'cost_cap',
    suggestion: 'Raise the cap, or run the same command again when open jobs are over.',
  },
  CANARY: {
    exit: 'partial',
    suggestion: 'Look at the answers of the canary; to send the rest, run the same command without --canary.',
  },
  REFUSED: {
    exit: 'failed',
    suggestion: 'Nothing was created. Correct what the service names and run the same command again.',
  },
  NOT_FOUND: {
    exit: 'failed',
    suggestion:
      'Check the name; the service keeps jobs and files for a limited time, and shows them only to the project that made them.',
  },
  SERVICE: {
    exit: 'service',
    suggestion:
      'Check the network and run the same command again; what was submitted is recorded and is not sent twice.',
  },
  UNCLEAR: {
    exit: 'unclear',
    suggestion: 'Run the same command again: it finds out first, and never sends the same work twice.',
  },
  LOCKED: {exit: 'locked', suggestion: 'Wait until it is done, or raise --lock-timeout.'},
  LOCK_LOST: {
    exit: 'storage',
    suggestion: 'Run the same command again; every create is in the journal, and nothing is sent twice.',
  },
  STORAGE: {
    exit: 'storage',
    suggestion:
      'Free disk space or fix the permissions, then run the same command again; every create is in the journal, and nothing is sent twice.',
  },
  INTERRUPTED: {
    exit: 'interrupted',
    suggestion: 'Run the same command again to go on; nothing is sent twice.',
  },
  BUG: {
    exit: 'bug',
    suggestion:
      'Please report it with the version and the command that you ran; set DEBUG=gembatch* for details.',
  },
} as const satisfies Record<string, ErrorKind>;

/** The closed list of error codes. */
export type ErrorCode = keyof typeof ERRORS;

/** Facts that go with an error, for `--json`: plain values only, never a key or a whole request. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** The only error that gembatch throws on purpose. Everything else that reaches the top is a defect. */
export class GembatchError extends Error {
  override readonly name = 'GembatchError';
  readonly code: ErrorCode;
  /** What to run or change next, one sentence each. */
  readonly suggestions: readonly string[];
  readonly details: ErrorDetails;

  /**
   * @param code - the kind of error; decides the exit code.
   * @param message - what happened and to which file or job, and what is safe now.
   * @param options - `suggestions` replace the one of the table.
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: {suggestions?: readonly string[]; details?: ErrorDetails; cause?: unknown} = {},
  ) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause});
    this.code = code;
    this.suggestions = options.suggestions ?? [ERRORS[code].suggestion];
    this.details = options.details ?? {};
  }

  /** An interruption by a signal, named in `details.signal`, has the exit code of that signal. */
  get exitCode(): number {
    const {signal} = this.details;
    const bySignal = this.code === 'INTERRUPTED' ? EXIT_OF_SIGNAL.get(signal) : undefined;
    return bySignal ?? EXIT[ERRORS[this.code].exit];
  }
}
