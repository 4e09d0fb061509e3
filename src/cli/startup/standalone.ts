/**
 * What the command line of its own loads at once, in one module: oclif. The command that runs is loaded then, and loads what it
 * works with when it works (see docs/decisions/0004-one-bundle-and-no-packages.md).
 */
export {execute} from '@oclif/core/execute';
export {default as JourneyHelp} from '../help/journey-help.js';
export {JOURNEY_ORDER} from '../help/journey.js';
export {STANDALONE_TABLE} from './command-table.js';
export {rootPlugin} from './root-plugin.js';
export {standaloneSettings} from './standalone-settings.js';
