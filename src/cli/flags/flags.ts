import {custom} from '@oclif/core/flags';
import type {FlagInput} from '@oclif/core/parser';
import {isCloudAddress} from '../../lib/domain/bucket/bucket-input.js';
import {GembatchError} from '../../lib/domain/errors.js';
import {isModelName} from '../../lib/domain/service/model-choice.js';
import {ownCommand} from '../../lib/domain/program-name.js';
import {parseDuration} from '../../lib/domain/text/duration.js';
import {RULES, type Rule} from '../../lib/domain/request/findings/request-finding.js';
import {BAD_OUTCOMES, type RequestOutcome} from '../../lib/domain/result/row-counts.js';
import type {OutputLimit} from '../../lib/domain/request/output-limit.js';

/** The group of flags that few people need; help lists it last. */
export const RARE = {helpGroup: 'LESS COMMON'} as const;

/** The group of flags that limit what batch jobs cost; help lists only their names. */
export const COST = {helpGroup: 'COST'} as const;

/** The same flags with the rare ones hidden from help, for a command where that of another command explains them. */
export function withRareHidden<F extends FlagInput>(flags: F): F {
  const shown = Object.entries(flags).map(([name, flag]) => [
    name,
    flag.helpGroup === RARE.helpGroup ? {...flag, hidden: true} : flag,
  ]);
  return Object.fromEntries(shown) as F;
}

/** A flag that takes a duration such as `90s`, `15m` or `1h30m` (a plain number counts seconds); its value is in milliseconds. */
export const durationFlag = custom<number>({
  helpValue: '<duration>',
  parse: async (text) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      throw new GembatchError('USAGE', `"${text}" is not a duration.`, {
        suggestions: ['Write it like 90s, 15m, 2h or 1h30m; a plain number counts seconds.'],
      });
    }
    return ms;
  },
});

/** A flag that takes a place in Cloud Storage, also where it is not used in the end. */
export const bucketFlag = custom<string>({
  helpValue: '<gs://…>',
  parse: async (text) => {
    if (isCloudAddress(text)) return text;
    throw new GembatchError('USAGE', `"${text}" is not a place in Cloud Storage.`, {
      suggestions: ['Write it like gs://BUCKET or gs://BUCKET/FOLDER.'],
    });
  },
});

/** A flag that takes a new output limit: `8192`, or `x2` for twice the limit that a request has. */
export const outputLimitFlag = custom<OutputLimit>({
  helpValue: '<limit>',
  parse: async (text) => {
    const factor = /^x(?<factor>\d+(?:\.\d+)?)$/u.exec(text)?.groups?.['factor'];
    const limit = factor === undefined ? Number(text) : Number(factor);
    const isGood = factor === undefined ? Number.isSafeInteger(limit) && limit > 0 : limit > 1;
    if (!isGood) {
      throw new GembatchError('USAGE', `"${text}" is not an output limit.`, {
        suggestions: ['Write a number of tokens such as 8192, or x2 for twice the limit that a request has.'],
      });
    }
    return factor === undefined ? limit : {factor: limit};
  },
});

/** A flag that takes an http(s) address. */
export const webAddressFlag = custom<URL>({
  helpValue: '<url>',
  parse: async (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url;
    throw new GembatchError('USAGE', `"${text}" is not an http(s) address.`, {
      suggestions: ['Write it like https://example.com/hook.'],
    });
  },
});

/** A flag that takes the name of a model, short or with `models/`. */
export const modelNameFlag = custom<string>({
  char: 'm',
  parse: async (text) => {
    // `GembatchCommand` refuses an empty value, of any flag.
    if (text === '' || isModelName(text)) return text;
    throw new GembatchError('USAGE', `"${text}" is not the name of a model.`, {
      suggestions: [`Write it like gemini-2.5-flash. To see all models: ${ownCommand('models')}`],
    });
  },
});

/** `--only`: outcomes of rows, separated by commas. */
export const outcomesFlag = custom<ReadonlySet<RequestOutcome>>({
  helpValue: '<outcomes>',
  parse: async (text) => {
    const names = text.split(',').map((name) => name.trim());
    const wrong = names.find((name) => ![...BAD_OUTCOMES].some((outcome) => outcome === name));
    if (wrong === undefined) return new Set(names as RequestOutcome[]);
    throw new GembatchError('USAGE', `"${wrong}" is not an outcome of a bad row.`, {
      suggestions: [`Write one or several of: ${[...BAD_OUTCOMES].join(', ')}.`],
    });
  },
});

/** `--allow`: rules of the check of request files to turn off. */
export const ruleFlag = () =>
  custom<Rule>({
    ...RARE,
    description: 'turn off this rule of the check',
    helpValue: '<rule>',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    defaultHelp: async () => '',
    parse: async (text) => {
      const rule = RULES.find((name) => name === text);
      if (rule === undefined) {
        throw new GembatchError('USAGE', `"${text}" is not a rule that can be turned off.`, {
          suggestions: [`Rules that can be turned off: ${RULES.join(', ')}.`],
        });
      }
      return rule;
    },
  })();

/** `--create-grace`: how long an unanswered create is given to show up before it counts as failed. */
export const createGraceFlag = () =>
  durationFlag({
    ...RARE,
    description: 'how long to look for a lost job',
    env: 'GEMBATCH_CREATE_GRACE',
    default: 120_000,
    defaultHelp: async () => '2m',
  });
