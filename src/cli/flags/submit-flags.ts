import * as Flags from '@oclif/core/flags';
import {capsOf, costFlags} from './cost-flags.js';
import {createGraceFlag, durationFlag, modelNameFlag, RARE, ruleFlag, webAddressFlag} from './flags.js';
import {DEFAULT_MODEL} from '../../lib/domain/service/model-choice.js';
import type {Rule} from '../../lib/domain/request/findings/request-finding.js';
import type {SubmitOptions} from '../../lib/workflows/submit/submit-run.js';
import {createConfirm} from '../consent.js';

/** The flag that chooses the model of new batch jobs. */
export const modelFlag = modelNameFlag({
  description: `model of the batch jobs [default: ${DEFAULT_MODEL}]`,
  env: 'GEMBATCH_MODEL',
});

/** What becomes of a file that has changed since it was submitted. */
export const ifChangedFlag = Flags.option({
  description: 'when file or model has changed',
  options: ['fail', 'skip', 'submit'] as const,
  default: 'fail',
  env: 'GEMBATCH_IF_CHANGED',
})();

/** Whether request files that are in a bucket are read. */
export const checkFlag = Flags.boolean({
  ...RARE,
  description: 'read the lines of gs:// files, and check them',
  exclusive: ['no-validate'],
});

/** The flags of every command that creates batch jobs. */
export const submitFlags = {
  concurrency: Flags.integer({
    char: 'c',
    description: 'files uploaded at once',
    default: 8,
    min: 1,
    max: 64,
  }),
  'no-validate': Flags.boolean({
    ...RARE,
    description: 'do not check the lines, only count them',
  }),
  allow: ruleFlag(),
  'quota-wait': durationFlag({
    ...RARE,
    description: 'how long to wait for quota',
    default: 900_000,
    defaultHelp: async () => '15m',
  }),
  'lock-timeout': durationFlag({
    ...RARE,
    description: 'how long to wait for another gembatch',
  }),
  'create-grace': createGraceFlag(),
  ...costFlags,
  webhook: webAddressFlag({
    ...RARE,
    description: 'address that the service calls when a job ends',
  }),
};

export interface SubmitFlagValues {
  readonly concurrency: number;
  readonly 'no-validate': boolean;
  readonly check?: boolean;
  readonly allow: readonly Rule[];
  readonly 'quota-wait': number | null;
  readonly 'lock-timeout': number | undefined;
  readonly 'create-grace': number;
  readonly webhook: URL | undefined;
  readonly 'max-cost': number | undefined;
  readonly 'max-cost-per-day': number | undefined;
  readonly 'max-cost-since': string | undefined;
}

/** The values of the flags in the words of the workflow. */
export function submitOptionsOf(flags: SubmitFlagValues): Omit<SubmitOptions, 'model' | 'isDryRun'> {
  return {
    concurrency: flags.concurrency,
    isForced: false,
    ifChanged: 'fail',
    isValidated: !flags['no-validate'],
    readsObjects: flags.check === true,
    allowed: flags.allow,
    quotaWaitMs: flags['quota-wait'],
    lockTimeoutMs: flags['lock-timeout'] ?? null,
    createGraceMs: flags['create-grace'],
    caps: capsOf(flags),
    ...(flags.webhook === undefined ? {} : {webhookUri: flags.webhook.href}),
  };
}

function costs(price: string | undefined): string {
  return price === undefined ? 'has no known price' : `costs ${price}`;
}

/** Asks, on a terminal, whether to use the successor of a default model that is gone. */
export function modelConsent(isJson: boolean): Pick<SubmitOptions, 'consentToModel'> {
  const consent = isJson ? undefined : createConfirm(process);
  if (consent === undefined) return {};
  return {
    consentToModel: ({gone, successor, price}) =>
      consent(`The default model ${gone} is gone. ${successor} ${costs(price)}. Use it?`),
  };
}
