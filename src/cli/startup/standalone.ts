/**
 * All that gembatch loads at start when it is not a plugin of another CLI. A command's module is loaded only when that command
 * runs, and most of what it needs only at first use (docs/decisions/0004-one-bundle-and-no-packages.md).
 */
export {execute} from '@oclif/core/execute';
export {default as JourneyHelp} from '../help/journey-help.js';
export {JOURNEY_ORDER} from '../help/journey.js';
export {COMMAND_TABLE, STANDALONE_TABLE} from './command-table.js';
export {rootPlugin} from './root-plugin.js';
export {standaloneSettings} from './standalone-settings.js';
