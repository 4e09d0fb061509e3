import * as Flags from '@oclif/core/flags';
import {completionShell} from '../../cli/flags/completion-shell.js';
import {GembatchCommand} from '../../cli/gembatch-command.js';

/** `gembatch autocomplete [SHELL]`: oclif's own, loaded when it is asked for. */
export default class Autocomplete extends GembatchCommand {
  static override summary = 'Set up completion of commands and flags for a shell.';

  static override description = `Writes completion functions for the current commands into the cache folder, and says what to add to the settings of the shell. Run it again after an update.`;

  static override examples = [
    {description: 'See how to set it up', command: '<%= config.bin %> <%= command.id %> bash'},
    {
      description: 'Write the functions again after an update',
      command: '<%= config.bin %> <%= command.id %> --refresh-cache',
    },
  ];

  static override args = {shell: completionShell()};

  static override flags = {
    'refresh-cache': Flags.boolean({char: 'r', description: 'write the functions and say nothing'}),
  };

  async run(): Promise<void> {
    await this.parse(Autocomplete);
    const plugin = await import('plugin-autocomplete/index.js');
    await plugin.default.run(this.argv, this.config);
  }
}
