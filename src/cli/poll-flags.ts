import {resolve} from 'node:path';
import * as Flags from '@oclif/core/flags';
import {durationFlag} from './flags.js';
import {EXIT} from '../lib/domain/errors.js';
import type {PollInput} from '../lib/workflows/poll/poll-run.js';

/** The flags that every command has which follows batch jobs. */
export const pollFlags = {
  interval: durationFlag({
    description: 'how often to ask the service; more rarely, up to 5m, while nothing moves',
    default: 30_000,
    defaultHelp: async () => '30s',
  }),
  timeout: durationFlag({description: 'when to stop watching [default: when all jobs are over]'}),
  'keep-remote': Flags.boolean({description: 'delete nothing at the service'}),
  'results-dir': Flags.string({
    description: 'folder for the results [default: "results" beside each request file]',
    helpValue: '<folder>',
  }),
  'on-done': Flags.string({
    description:
      'run a shell command when all jobs are over; GEMBATCH_OUTCOME and others tell it how it went',
    helpValue: '<command>',
  }),
};

/** The values of `pollFlags`. */
export interface PollFlagValues {
  readonly interval: number;
  readonly timeout: number | undefined;
  readonly 'keep-remote': boolean;
  readonly 'results-dir': string | undefined;
}

/** The values of the flags in the words of the workflow. */
export function pollTermsOf(
  flags: PollFlagValues,
): Pick<PollInput, 'intervalMs' | 'timeoutMs' | 'keepsRemote' | 'resultsDir'> {
  return {
    intervalMs: flags.interval,
    timeoutMs: flags.timeout ?? null,
    keepsRemote: flags['keep-remote'],
    resultsDir: flags['results-dir'] === undefined ? null : resolve(flags['results-dir']),
  };
}

/** What helps on after jobs were followed. */
export function nextCommandAfterPoll(exitCode: number): string | undefined {
  if (exitCode === EXIT.running || exitCode === EXIT.interrupted) return 'gembatch poll';
  return exitCode === EXIT.partial || exitCode === EXIT.failed ? 'gembatch retry --dry-run' : undefined;
}
