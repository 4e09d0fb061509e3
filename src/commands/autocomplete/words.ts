import {BaseCommand} from '../../cli/base-command.js';
import {completeWords, type CompletionInput} from '../../cli/completion/complete-words.js';

/** `gembatch autocomplete words -- WORD...`: what the functions of the shells ask for. */
export default class AutocompleteWords extends BaseCommand {
  static override summary = 'Print what may stand in place of the last word of a command line.';

  static override hidden = true;

  static override enableJsonFlag = false;

  static override description = `The functions that "autocomplete script" prints ask this at each press of the tab key; it prints nothing where the shell is to offer files.`;

  static override examples = [
    {
      description: 'See what may follow',
      command: `<%= config.bin %> <%= command.id %> -- list --sort ''`,
    },
  ];

  static override strict = false;

  async run(): Promise<void> {
    const words = this.argv.slice(this.argv.indexOf('--') + 1);
    const found = await completeWords(words, {
      commands: this.config.commands,
      valuesOf: (kind) => this.#values(kind, words),
    });
    process.stdout.write(found.map((word) => `${word}\n`).join(''));
  }

  async #values(
    kind: Parameters<CompletionInput['valuesOf']>[0],
    words: readonly string[],
  ): Promise<readonly string[]> {
    switch (kind) {
      case 'jobs':
        return this.#jobs(words);
      case 'model': {
        const {PRICES} = await import('../../lib/domain/price/prices.js');
        return Object.keys(PRICES.models);
      }
      case 'profile':
        return (await this.configuration([])).profiles;
      case 'state': {
        const {STATE_WORDS} = await import('../../lib/workflows/list/filter-jobs.js');
        return STATE_WORDS.map((word) => word.replaceAll(' ', '-'));
      }
    }
  }

  /** Request files and batch jobs of the job-info file that the line names, or that counts anyway. */
  async #jobs(words: readonly string[]): Promise<readonly string[]> {
    const at = words.indexOf('--job-info');
    const named =
      at === -1
        ? words.find((word) => word.startsWith('--job-info='))?.slice('--job-info='.length)
        : words[at + 1];
    const {flags} = await this.parse(AutocompleteWords, named === undefined ? [] : ['--job-info', named]);
    const store = await this.openStore(flags['job-info'], {warns: false});
    const names = store.read().records.flatMap(({record}) => [record.input_file, record.batch.name]);
    return [...new Set(names)];
  }
}
