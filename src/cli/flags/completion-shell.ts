import * as Args from '@oclif/core/args';

/** The shell that `gembatch autocomplete` and its script are for. */
export const completionShell = () =>
  Args.string({
    description: 'the shell; by default the one that runs',
    options: ['zsh', 'bash', 'powershell'],
    required: false,
  });
