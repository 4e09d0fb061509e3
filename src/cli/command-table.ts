import Adopt from '../commands/adopt.js';
import Cancel from '../commands/cancel.js';
import Cleanup from '../commands/cleanup.js';
import Config from '../commands/config.js';
import Cost from '../commands/cost.js';
import Doctor from '../commands/doctor.js';
import EmulatorExec from '../commands/emulator/exec.js';
import EmulatorStart from '../commands/emulator/start.js';
import Estimate from '../commands/estimate.js';
import Init from '../commands/init.js';
import List from '../commands/list.js';
import Models from '../commands/models.js';
import Poll from '../commands/poll.js';
import Prepare from '../commands/prepare.js';
import Results from '../commands/results.js';
import Retry from '../commands/retry.js';
import Run from '../commands/run.js';
import Show from '../commands/show.js';
import Submit from '../commands/submit.js';

/** The commands by their ids, as oclif finds them: package.json names this export, for command lines that have gembatch as a plugin. */
export const COMMANDS = {
  adopt: Adopt,
  cancel: Cancel,
  cleanup: Cleanup,
  config: Config,
  cost: Cost,
  doctor: Doctor,
  'emulator:exec': EmulatorExec,
  'emulator:start': EmulatorStart,
  estimate: Estimate,
  init: Init,
  list: List,
  models: Models,
  poll: Poll,
  prepare: Prepare,
  results: Results,
  retry: Retry,
  run: Run,
  show: Show,
  submit: Submit,
};
