import {shellOf, shellScript} from '../../cli/completion/shell-scripts.js';
import {completionShell} from '../../cli/flags/completion-shell.js';
import {GembatchCommand} from '../../cli/gembatch-command.js';

/** `gembatch autocomplete script [SHELL]` */
export default class AutocompleteScript extends GembatchCommand {
  static override summary = 'Print the functions that a shell needs for completion.';

  static override hidden = true;

  static override description = `"autocomplete" says which line of your settings reads them.`;

  static override examples = [
    {
      description: 'Try completion in this shell',
      command: 'eval "$(<%= config.bin %> <%= command.id %> bash)"',
    },
  ];

  static override args = {shell: completionShell()};

  async run(): Promise<void> {
    const {args} = await this.parse(AutocompleteScript);
    process.stdout.write(shellScript(args.shell ?? shellOf(process.env), this.config.bin));
  }
}
