import {SETTINGS_FILES, setUpLine, shellOf} from '../../cli/completion/shell-scripts.js';
import {completionShell} from '../../cli/flags/completion-shell.js';
import {GembatchCommand} from '../../cli/gembatch-command.js';

/** `gembatch autocomplete [SHELL]` */
export default class Autocomplete extends GembatchCommand {
  static override summary = 'Set up completion of commands, flags and jobs for a shell.';

  static override description = `Says which line to add to the settings of your shell. It completes commands, flags, the values of many flags, request files that are recorded and batch jobs; files stay completable.`;

  static override examples = [
    {description: 'See how to set it up', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'The same for fish', command: '<%= config.bin %> <%= command.id %> fish'},
  ];

  static override args = {shell: completionShell()};

  async run(): Promise<void> {
    const {args} = await this.parse(Autocomplete);
    const shell = args.shell ?? shellOf(process.env);
    this.log(`Add this line to ${SETTINGS_FILES[shell]}, and open a new shell:`);
    this.log(`  ${setUpLine(shell, this.config.bin)}`);
    this.log(`Then try: ${this.config.bin} <tab>`);
  }
}
