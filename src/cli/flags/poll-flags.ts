import {resolve} from 'node:path';
import * as Flags from '@oclif/core/flags';
import {durationFlag, RARE} from './flags.js';
import type {PollInput} from '../../lib/workflows/poll/poll-run.js';

/** The flags that every command has which follows batch jobs. */
export const pollFlags = {
  interval: durationFlag({
    ...RARE,
    description: 'how often to ask the service',
    default: 30_000,
    defaultHelp: async () => '30s',
  }),
  timeout: durationFlag({description: 'stop watching after this time [default: never]'}),
  'keep-remote': Flags.boolean({...RARE, description: 'delete nothing at the service'}),
  'results-dir': Flags.string({
    env: 'GEMBATCH_RESULTS_DIR',
    description: 'folder for results [default: "results" beside the file]',
    helpValue: '<folder>',
  }),
  'no-check-answers': Flags.boolean({...RARE, description: 'do not check answers against their JSON schema'}),
  'on-done': Flags.string({
    description: 'shell command to run when all jobs have ended',
    helpValue: '<command>',
  }),
};

export interface PollFlagValues {
  readonly interval: number;
  readonly timeout: number | undefined;
  readonly 'keep-remote': boolean;
  readonly 'results-dir': string | undefined;
  readonly 'no-check-answers': boolean;
}

/** The values of the flags in the words of the workflow. */
export function pollTermsOf(
  flags: PollFlagValues,
): Pick<PollInput, 'intervalMs' | 'timeoutMs' | 'keepsRemote' | 'resultsDir' | 'checksAnswers'> {
  return {
    intervalMs: flags.interval,
    timeoutMs: flags.timeout ?? null,
    keepsRemote: flags['keep-remote'],
    checksAnswers: !flags['no-check-answers'],
    resultsDir: resultsDirOf(flags),
  };
}

/** The folder for results, absolute; null for `results` beside each request file. */
export function resultsDirOf({
  'results-dir': folder,
}: {
  readonly 'results-dir': string | undefined;
}): string | null {
  return folder === undefined ? null : resolve(folder);
}
