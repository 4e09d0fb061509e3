import type {Hook} from '@oclif/core/hooks';
import {fail} from '../cli/errors/fail.js';
import {outputFailed} from '../cli/errors/output-failed.js';
import {unknownCommand} from '../cli/errors/unknown-command.js';

/** Answers an unknown command of the command line of its own; one that has gembatch as a plugin has its own answer. */
const commandNotFound: Hook.CommandNotFound = async function ({id, argv = [], config}) {
  // Before oclif's listener, which throws.
  process.stdout.prependListener('error', (error) => outputFailed(error, config.version));
  fail(unknownCommand(id, config), {version: config.version, isJson: argv.includes('--json')});
};

export default commandNotFound;
