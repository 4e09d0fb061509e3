import {completionShell} from '../../cli/flags/completion-shell.js';
import {GembatchCommand} from '../../cli/gembatch-command.js';

/** `gembatch autocomplete script SHELL`: oclif's own, loaded when it is asked for. */
export default class AutocompleteScript extends GembatchCommand {
  static override summary = 'Print the line that a shell needs for completion.';

  static override hidden = true;

  static override description = `Add the line to the settings of your shell; "autocomplete" says where.`;

  static override examples = [
    {
      description: 'Set completion up for bash',
      command: '<%= config.bin %> <%= command.id %> bash >> ~/.bashrc',
    },
  ];

  static override args = {shell: completionShell()};

  async run(): Promise<void> {
    await this.parse(AutocompleteScript);
    const plugin = await import('plugin-autocomplete/script.js');
    await plugin.default.run(this.argv, this.config);
  }
}
