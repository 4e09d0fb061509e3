import * as Args from '@oclif/core/args';
import {Command} from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import {loadHelpClass} from '@oclif/core/help';
import {exitCodesHelp} from '../cli/exit-codes-help.js';

/** `gembatch help [COMMAND]` */
export default class Help extends Command {
  static override summary = 'Show the commands, or the help of one.';

  static override description = `Says what "--help" after a command says. Nothing is read, sent or changed.

${exitCodesHelp(['ok'])}`;

  static override examples = [
    {description: 'See all commands', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'See the help of one', command: '<%= config.bin %> <%= command.id %> submit'},
  ];

  static override strict = false;

  static override args = {
    command: Args.string({description: 'command to show the help of', required: false}),
  };

  static override flags = {
    'nested-commands': Flags.boolean({char: 'n', description: 'list the commands of all topics too'}),
  };

  async run(): Promise<void> {
    const {argv, flags} = await this.parse(Help);
    const HelpClass = await loadHelpClass(this.config);
    const help = new HelpClass(this.config, {all: flags['nested-commands']});
    await help.showHelp(argv as string[]);
  }
}
