import {resolve} from 'node:path';
import * as Flags from '@oclif/core/flags';
import {durationFlag, RARE} from './flags.js';
import {GembatchError} from '../../lib/domain/errors.js';
import {isCloudAddress} from '../../lib/domain/bucket/bucket-input.js';
import type {PricedService} from '../../lib/domain/price/price-list.js';
import {addressText, BucketLayout, isAddress} from '../../lib/services/vertex/object-address.js';
import type {PollInput} from '../../lib/workflows/poll/poll-run.js';
import type {SubmitOptions} from '../../lib/workflows/submit/submit-run.js';

/** The flags of every command that follows batch jobs. */
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
    description: 'folder or gs://… for results [default: results beside the file]',
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
  readonly 'no-check-answers': boolean;
}

/** The values of the flags in the words of the workflow. */
export function pollTermsOf(
  flags: PollFlagValues,
): Pick<PollInput, 'intervalMs' | 'timeoutMs' | 'keepsRemote' | 'checksAnswers'> {
  return {
    intervalMs: flags.interval,
    timeoutMs: flags.timeout ?? null,
    keepsRemote: flags['keep-remote'],
    checksAnswers: !flags['no-check-answers'],
  };
}

interface ResultsFlag {
  readonly 'results-dir': string | undefined;
}

/**
 * The folder for results, absolute; null for `results` beside each request file.
 *
 * @throws GembatchError `USAGE` for a place in Cloud Storage.
 */
export function resultsDirOf({'results-dir': folder}: ResultsFlag): string | null {
  if (folder === undefined) return null;
  // With one slash it would be a folder here, which nobody means.
  if (/^gs:(?!\/\/)/iu.test(folder))
    throw new GembatchError('USAGE', `--results-dir is "${folder}"; nothing was sent or fetched.`, {
      suggestions: [`Write it like gs://my-bucket/results; a folder of this name is ./${folder}`],
    });
  if (!isCloudAddress(folder)) return resolve(folder);
  throw new GembatchError(
    'USAGE',
    `--results-dir is ${folder}: that results stay in a bucket is said when their job is made. Here it is the folder that they are fetched into.`,
    {suggestions: ['Name a folder of this machine, or leave --results-dir (GEMBATCH_RESULTS_DIR) out.']},
  );
}

/**
 * Whether results are fetched that were left in their bucket: only where a folder for them stands on the command line, because
 * they may be large.
 *
 * @param raw - what oclif has parsed.
 */
export function fetchesLeft(raw: readonly {readonly type: string; readonly flag?: string}[]): boolean {
  return raw.some(({type, flag}) => type === 'flag' && flag === 'results-dir');
}

/**
 * Where the results of new jobs go: into a folder of this machine, or into a place in Cloud Storage in which they stay.
 *
 * @throws GembatchError `USAGE` for such a place that is no address, or that the service does not write to.
 */
export function resultsPlaceOf(
  flags: ResultsFlag & {readonly bucket: string | undefined},
  service: PricedService,
): Required<Pick<SubmitOptions, 'resultsDir'>> & Pick<SubmitOptions, 'resultsPlace' | 'objectResultsPlace'> {
  const {'results-dir': place = '', bucket} = flags;
  if (place === '' && service === 'vertex' && bucket !== undefined && isAddress(bucket))
    return {resultsDir: null, objectResultsPlace: addressText(new BucketLayout(bucket).results)};
  if (!isCloudAddress(place)) return {resultsDir: resultsDirOf(flags)};
  if (service !== 'vertex')
    throw new GembatchError(
      'USAGE',
      `--results-dir is ${place}: only jobs on Vertex AI write there; nothing was sent.`,
      {suggestions: ['Add --vertex --bucket gs://BUCKET, or name a folder of this machine.']},
    );
  if (!isAddress(place))
    throw new GembatchError('USAGE', `--results-dir is "${place}"; nothing was sent.`, {
      suggestions: ['Write it like gs://my-bucket/results'],
    });
  return {resultsDir: null, resultsPlace: place};
}
