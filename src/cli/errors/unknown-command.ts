import type {Config} from '@oclif/core/interfaces';
import {closest} from '../../lib/domain/text/closest.js';
import {GembatchError} from '../../lib/domain/errors.js';

/** Words from other tools, and our command for each. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  abort: 'cancel',
  check: 'submit --dry-run',
  clean: 'cleanup',
  collect: 'results',
  completion: 'autocomplete',
  completions: 'autocomplete',
  convert: 'prepare',
  create: 'submit',
  delete: 'cleanup',
  describe: 'show',
  download: 'results',
  export: 'results',
  fetch: 'results',
  follow: 'poll',
  get: 'results',
  import: 'adopt',
  info: 'show',
  jobs: 'list',
  kill: 'cancel',
  lint: 'submit --dry-run',
  ls: 'list',
  output: 'results',
  ps: 'list',
  recover: 'adopt',
  resubmit: 'retry',
  resume: 'poll',
  rm: 'cleanup',
  send: 'submit',
  start: 'run',
  stop: 'cancel',
  template: 'prepare',
  upload: 'submit',
  validate: 'submit --dry-run',
  wait: 'poll',
  watch: 'poll',
};

/**
 * The answer to a command that does not exist: the one that was probably meant. Nothing is run in its place, and no
 * question is asked: a guess could cost money, and a script cannot answer.
 *
 * @param id - as oclif has it: all words up to the first flag, with colons between, arguments among them.
 */
export function unknownCommand(id: string, {bin, commands}: Pick<Config, 'bin' | 'commands'>): GembatchError {
  const [word = '', ...others] = id.split(':');
  const ids = commands.filter(({hidden}) => !hidden).flatMap((command) => [command.id, ...command.aliases]);
  const isTopic = ids.some((known) => known.startsWith(`${word}:`));
  const written = isTopic ? [word, ...others.slice(0, 1)].join(' ') : word;
  const meant = OTHER_WORDS[written] ?? closest(written.replace(' ', ':'), ids)?.replace(':', ' ');
  return new GembatchError('USAGE', `There is no command "${written}".`, {
    suggestions: [
      ...(meant === undefined ? [] : [`Did you mean: ${bin} ${meant}`]),
      `See all commands: ${bin} help`,
    ],
  });
}
