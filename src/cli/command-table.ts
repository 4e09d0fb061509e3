/**
 * What oclif loads at once, in one module: itself, the commands and the hook. Each command loads what it works with when
 * it works (see docs/decisions/0004-one-bundle-and-no-packages.md).
 */
import Adopt from '../commands/adopt.js';
import Autocomplete from '../commands/autocomplete/index.js';
import AutocompleteScript from '../commands/autocomplete/script.js';
import Cancel from '../commands/cancel.js';
import Cleanup from '../commands/cleanup.js';
import EmulatorExec from '../commands/emulator/exec.js';
import EmulatorStart from '../commands/emulator/start.js';
import Estimate from '../commands/estimate.js';
import Help from '../commands/help.js';
import List from '../commands/list.js';
import Models from '../commands/models.js';
import Poll from '../commands/poll.js';
import Results from '../commands/results.js';
import Retry from '../commands/retry.js';
import Run from '../commands/run.js';
import Show from '../commands/show.js';
import Submit from '../commands/submit.js';

export {execute} from '@oclif/core/execute';
export {default as COMMAND_NOT_FOUND} from '../hooks/command-not-found.js';

/** The commands by their ids; package.json names this export. */
export const COMMANDS = {
  adopt: Adopt,
  autocomplete: Autocomplete,
  'autocomplete:script': AutocompleteScript,
  cancel: Cancel,
  cleanup: Cleanup,
  'emulator:exec': EmulatorExec,
  'emulator:start': EmulatorStart,
  estimate: Estimate,
  help: Help,
  list: List,
  models: Models,
  poll: Poll,
  results: Results,
  retry: Retry,
  run: Run,
  show: Show,
  submit: Submit,
};
