import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {loadHelpClass} from '@oclif/core/help';
import {exitCodesHelp} from '../cli/help/exit-codes-help.js';
import {GembatchCommand} from '../cli/gembatch-command.js';
import {unknownCommand} from '../cli/errors/unknown-command.js';

/** `gembatch help [COMMAND]` */
export default class Help extends GembatchCommand {
  static override summary = 'Show all commands, or the help of one.';

  static override description = `The same as "--help" after a command; "exit-codes" in place of a command lists the exit codes, "global-flags" the flags that all commands share.`;

  static override examples = [
    {description: 'See all commands', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'See the help of one', command: '<%= config.bin %> <%= command.id %> submit'},
    {
      description: 'See what the exit codes mean',
      command: '<%= config.bin %> <%= command.id %> exit-codes',
    },
  ];

  static override strict = false;

  static override args = {
    command: Args.string({description: 'command, exit-codes or global-flags', required: false}),
  };

  static override flags = {
    'nested-commands': Flags.boolean({char: 'n', description: 'list the commands of all topics too'}),
  };

  async run(): Promise<void> {
    const {argv, flags} = await this.parse(Help);
    const words = argv as string[];
    if (words[0] === 'exit-codes') {
      this.log(exitCodesHelp());
      return;
    }
    if (words[0] === 'global-flags') {
      const {globalFlagsHelp} = await import('../cli/help/global-flags-help.js');
      this.log(globalFlagsHelp());
      return;
    }
    const id = words.join(':');
    if (id !== '' && !this.config.findCommand(id) && !this.config.findTopic(id))
      throw unknownCommand(id, this.config);
    const HelpClass = await loadHelpClass(this.config);
    const help = new HelpClass(this.config, {all: flags['nested-commands']});
    await help.showHelp(words);
  }
}
