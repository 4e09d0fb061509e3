import type {Hook} from '@oclif/core/hooks';
import {GembatchError} from '../lib/domain/errors.js';
import {closest} from '../lib/domain/closest.js';
import {fail} from '../cli/fail.js';

/**
 * Answers a command that does not exist with the one that was probably meant. Nothing is run in its place, and nobody is
 * asked: a guess could cost money, and a script cannot answer.
 */
const commandNotFound: Hook.CommandNotFound = async function ({id, argv = [], config}) {
  const written = id.replaceAll(':', ' ');
  // As a plugin, leave the unknown commands of the other CLI to that CLI.
  if (config.pjson.name !== 'gembatch') throw new Error(`command ${written} not found`);

  const known = config.commands.filter((command) => !command.hidden);
  const meant = closest(
    id,
    known.flatMap((command) => [command.id, ...command.aliases]),
  );
  const suggestions = [
    ...(meant === undefined ? [] : [`Did you mean: ${config.bin} ${meant.replaceAll(':', ' ')}`]),
    `See all commands: ${config.bin} help`,
  ];
  fail(new GembatchError('USAGE', `There is no command "${written}".`, {suggestions}), {
    version: config.version,
    isJson: argv.includes('--json'),
  });
};

export default commandNotFound;
