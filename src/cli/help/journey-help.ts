import type {Command} from '@oclif/core/command';
import {CommandHelp, Help} from '@oclif/core/help';
import type {Config, HelpOptions} from '@oclif/core/interfaces';
import {JOURNEY, JOURNEY_ORDER} from './journey.js';

const WIDTH = Math.max(...JOURNEY_ORDER.map(({length}) => length));

/** Groups of flags that `gembatch help global-flags` explains. */
const NAMED_ONLY: ReadonlySet<string> = new Set(['GLOBAL', 'COST']);

/** oclif's help of a command in fewer lines, so that it fits one screen. */
class JourneyCommandHelp extends CommandHelp {
  constructor(command: Command.Loadable, config: Config, opts: HelpOptions) {
    super(command, config, opts);
    this.render = onlyTemplates(this.render);
  }

  override generate(): string {
    const {bin} = this.config;
    return `${super.generate()}\n\nExit codes: ${bin} help exit-codes · Global flags: ${bin} help global-flags`;
  }

  /** Names no single flag: they are listed below. */
  protected override defaultUsage(): string {
    const args = Object.values(this.command.args).map(({name, required = false, multiple = false}) => {
      const word = `${name.toUpperCase()}${multiple ? '...' : ''}`;
      return required ? word : `[${word}]`;
    });
    return [this.command.id, ...args, '[FLAGS]'].join(' ');
  }

  /** Leaves out the summary, which is the first line of the help. */
  protected override description(): string | undefined {
    const {description} = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }

  /** Global flags and those of cost by name only; rare ones without their environment variables, which docs/scripting.md lists. */
  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    if (flags.length > 0 && flags.every(({helpGroup = ''}) => NAMED_ONLY.has(helpGroup))) {
      const names = flags.map(({name, char}) => (char === undefined ? `--${name}` : `-${char}/--${name}`));
      return [[names.join('  '), undefined]];
    }
    return super.flags(flags.map((flag) => (flag.helpGroup === undefined ? flag : {...flag, env: ''})));
  }

  /** Without the empty line between a description and its command. */
  protected override examples(examples: Command.Example[] | string | undefined): string | undefined {
    return super.examples(examples)?.replaceAll('\n\n', '\n');
  }
}

/** oclif's help, with the commands grouped by the user's journey. */
export default class JourneyHelp extends Help {
  protected override CommandHelpClass = JourneyCommandHelp;

  constructor(config: Config, opts: Partial<HelpOptions> = {}) {
    super(config, opts);
    this.render = onlyTemplates(this.render);
  }

  override async showHelp(argv: string[]): Promise<void> {
    process.stdout.prependListener('error', (error) => void this.#failed(error));
    await super.showHelp(argv);
  }

  async #failed(error: Error): Promise<void> {
    const {outputFailed} = await import('../errors/early-output-failed.js');
    outputFailed(error, this.config.version);
  }

  protected override async showRootHelp(): Promise<void> {
    const sections = JOURNEY.map(({title, commands}) => {
      const rows = commands.flatMap((id) => this.#row(id));
      return rows.length === 0 ? [] : [this.section(title.toUpperCase(), this.#list(rows))];
    });
    const {bin} = this.config;
    this.log([this.formatRoot(), ...sections.flat()].join('\n\n'));
    this.log(`\nMore about one: ${bin} help COMMAND · Exit codes: ${bin} help exit-codes`);
  }

  /** Shows a topic with its commands when all are asked for. */
  #row(id: string): [string, string | undefined][] {
    const command = this.config.findCommand(id);
    if (command !== undefined) return [[id.padEnd(WIDTH), this.summary(command)]];
    const topic = this.config.findTopic(id);
    if (topic === undefined) return [];
    const below = this.opts.all ? this.config.commandIDs.filter((other) => other.startsWith(`${id}:`)) : [];
    return [[id.padEnd(WIDTH), topic.description], ...below.flatMap((other) => this.#row(other))];
  }

  #list(rows: [string, string | undefined][]): string {
    const named = rows.map<[string, string | undefined]>(([id, text]) => [id.replaceAll(':', ' '), text]);
    return this.renderList(named, {indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi ?? false});
  }
}

/** A text without a tag is its own rendering, and most are; oclif compiles a function for each. */
function onlyTemplates(render: (text: string) => string): (text: string) => string {
  return (text) => (text.includes('<%') ? render(text) : text);
}
