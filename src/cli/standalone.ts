/**
 * What the command line of its own loads at once, in one module: oclif and all commands. Each command loads what it works with
 * when it works (see docs/decisions/0004-one-bundle-and-no-packages.md).
 */
import Autocomplete from '../commands/autocomplete/index.js';
import AutocompleteScript from '../commands/autocomplete/script.js';
import Help from '../commands/help.js';
import {COMMANDS} from './command-table.js';

export {execute} from '@oclif/core/execute';
export {default as COMMAND_NOT_FOUND} from '../hooks/command-not-found.js';
export {default as JourneyHelp} from './help/journey-help.js';
export {JOURNEY_ORDER} from './help/journey.js';
export {standaloneSettings} from './standalone-settings.js';

/** The commands by their ids, with those that another command line has of its own. */
export const STANDALONE_COMMANDS = {
  ...COMMANDS,
  autocomplete: Autocomplete,
  'autocomplete:script': AutocompleteScript,
  help: Help,
};
