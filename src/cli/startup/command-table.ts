import type {Command} from '@oclif/core/command';

/** Loads the module of a command. */
export type LoadCommand = () => Promise<{default: Command.Class}>;

/** The commands by their ids; each is loaded when it runs. */
export const COMMAND_TABLE: Readonly<Record<string, LoadCommand>> = {
  adopt: () => import('../../commands/adopt.js'),
  cancel: () => import('../../commands/cancel.js'),
  cleanup: () => import('../../commands/cleanup.js'),
  config: () => import('../../commands/config.js'),
  cost: () => import('../../commands/cost.js'),
  doctor: () => import('../../commands/doctor.js'),
  'emulator:exec': () => import('../../commands/emulator/exec.js'),
  'emulator:start': () => import('../../commands/emulator/start.js'),
  estimate: () => import('../../commands/estimate.js'),
  init: () => import('../../commands/init.js'),
  list: () => import('../../commands/list.js'),
  models: () => import('../../commands/models.js'),
  poll: () => import('../../commands/poll.js'),
  prepare: () => import('../../commands/prepare.js'),
  report: () => import('../../commands/report.js'),
  results: () => import('../../commands/results.js'),
  retry: () => import('../../commands/retry.js'),
  run: () => import('../../commands/run.js'),
  show: () => import('../../commands/show.js'),
  submit: () => import('../../commands/submit.js'),
};

/** The same with the commands of gembatch's own command line; where it is a plugin, the host has its own. */
export const STANDALONE_TABLE: typeof COMMAND_TABLE = {
  ...COMMAND_TABLE,
  autocomplete: () => import('../../commands/autocomplete/index.js'),
  'autocomplete:script': () => import('../../commands/autocomplete/script.js'),
  'autocomplete:words': () => import('../../commands/autocomplete/words.js'),
  help: () => import('../../commands/help.js'),
};
