import type {CLIError} from '@oclif/core/errors';
import {closest} from '../../lib/domain/text/closest.js';
import {ERRORS, GembatchError} from '../../lib/domain/errors.js';

/** What oclif puts at the end of its messages. */
const SEE_HELP = 'See more help with --help';

/** Fields of oclif's errors, whose classes are not exported. */
interface ParseDetails {
  readonly flags?: readonly string[];
  readonly args?: readonly unknown[];
  /** An option with a value outside its list comes without its input. */
  readonly parse?: {readonly input?: {readonly flags: Readonly<Record<string, unknown>>}};
}

type Sentence = (...found: string[]) => string;

/** oclif's messages and our sentence for each. Only the message says what is wrong; the errors have no field for it. */
const SENTENCES: readonly (readonly [RegExp, Sentence])[] = [
  [
    /^Expected (--\S+?)=(.*) to be one of: (.*)$/u,
    (flag = '', value = '', options = '') => `${flag} takes ${choice(options)}, not "${value}".`,
  ],
  [
    /^Expected (.*) to be one of: (.*)$/u,
    (value = '', options = '') => `"${value}" is not one of the choices: ${choice(options)}.`,
  ],
  [
    /^Flag (--\S+) expects one of these values: (.*)$/u,
    (flag = '', options = '') => `${flag} needs a value: ${choice(options)}.`,
  ],
  [/^Flag (--\S+) expects a value$/u, (flag) => `${flag} needs a value.`],
  [/^Flag (--\S+) can only be specified once$/u, (flag) => `${flag} can be given only once.`],
  [
    /^(--[^\s=]+)=.* cannot also be provided when using (--\S+)$/mu,
    (one, other) => `${one} and ${other} cannot be used together.`,
  ],
  [
    /^All of the following must be provided when using (--\S+): (.*)$/mu,
    (flag, others) => `${flag} needs ${others} too.`,
  ],
  [/^Missing required flag (\S+)$/mu, (flag) => `--${flag} is missing.`],
  [
    /^(--\S+): Expected an integer (.*?)but received: (.*)$/u,
    (flag, range = '', value = '') =>
      `${flag} takes a whole number ${range.replace('greater than or equal to', 'of at least')}, not "${value}".`.replace(
        ' ,',
        ',',
      ),
  ],
  [/^Nonexistent flags?: (.*)$/u, (flags) => `There is no flag ${flags}.`],
  [/^Unexpected arguments?: (.*)$/u, (args) => `Unexpected argument: ${args}.`],
  [
    /^Missing \d+ required args?:\n(\S+)[^\S\n]*([^\n]*)/u,
    (name = '', description = '') =>
      `${name.toUpperCase()} is missing${description === '' ? '' : `: ${description}`}.`,
  ],
];

/** Wrong usage that oclif found, as one plain sentence. */
export function usageErrorOf(error: CLIError & ParseDetails): GembatchError {
  return new GembatchError('USAGE', plainSentence(error.message), {
    suggestions: [...meantFlags(error), ERRORS.USAGE.suggestion],
  });
}

/** An error message without the words that oclif's parser adds when the parse function of a flag throws. */
export function withoutParserWords(message: string): string {
  return message
    .replace(`\n${SEE_HELP}`, '')
    .replace(/^Parsing (?<flag>--\S+) \n\t/u, '$<flag>: ')
    .trim();
}

function plainSentence(message: string): string {
  const text = withoutParserWords(message).replace(/^The following errors? occurred:\s+/u, '');
  for (const [pattern, sentence] of SENTENCES) {
    const match = pattern.exec(text);
    if (match) return sentence(...match.slice(1));
  }
  return text.replaceAll(/\s*\n\s*/gu, ' ');
}

/** Advice for flags that do not exist. */
function meantFlags({flags = [], parse}: ParseDetails): string[] {
  const known = Object.keys(parse?.input?.flags ?? {}).map((name) => `--${name}`);
  return flags.flatMap((flag) => {
    const meant = closest(flag, known);
    return meant === undefined ? [] : [`Did you mean: ${meant}`];
  });
}

/** `a, b, c` as `a, b or c`. */
function choice(list: string): string {
  return list.replace(/, (?=[^,]*$)/u, ' or ');
}
