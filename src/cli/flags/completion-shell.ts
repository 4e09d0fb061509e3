import * as Args from '@oclif/core/args';
import {SHELLS, type Shell} from '../completion/shell-scripts.js';

/** The shell that `gembatch autocomplete` and its script are for. */
export const completionShell = () =>
  Args.custom<Shell>({
    description: 'the shell; by default the one that runs',
    options: [...SHELLS],
    required: false,
  })();
