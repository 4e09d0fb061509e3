import {Command} from '@oclif/core/command';
import type {ArgInput, FlagInput, Input, OutputArgs, OutputFlags, ParserOutput} from '@oclif/core/parser';
import {GembatchError} from '../lib/domain/errors.js';
import {setProgramName} from '../lib/domain/program-name.js';
import {fail} from './errors/fail.js';
import {outputFailed} from './errors/output-failed.js';
import {failureJson, toGembatchError, type FailureJson} from './errors/failure.js';

/** What every command shares: how it reads its command line, and the one path from an error to an exit code. */
export abstract class GembatchCommand extends Command {
  /** The version of gembatch, also when it runs as a plugin of another command line. */
  protected get ownVersion(): string {
    return this.ctor.plugin?.version ?? this.config.version;
  }

  protected override async init(): Promise<void> {
    await super.init();
    setProgramName(this.config.bin, this.id?.replaceAll(':', ' '));
    // Registered before oclif's listener, which throws.
    process.stdout.prependListener('error', (error) => outputFailed(error, this.ownVersion));
  }

  /**
   * As oclif's, but a switch that is not given is false, as its type says; oclif leaves it undefined.
   *
   * @throws GembatchError USAGE for an empty argument or value, such as that of a variable which is not set.
   */
  protected override async parse<
    F extends OutputFlags<FlagInput>,
    B extends OutputFlags<FlagInput>,
    A extends OutputArgs<ArgInput>,
  >(options?: Input<F, B, A>, argv?: string[]): Promise<ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    const flags = {...this.ctor.baseFlags, ...this.ctor.flags};
    for (const token of parsed.raw) {
      if (token.input !== '') continue;
      if (token.type === 'arg') throw emptyInput('An argument is empty.');
      if (flags[token.flag]?.type === 'option') throw emptyInput(`--${token.flag} has an empty value.`);
    }
    const switches = Object.entries(flags)
      .filter(([, flag]) => flag.type === 'boolean')
      .map(([name]) => [name, false]);
    return {...parsed, flags: {...Object.fromEntries(switches), ...parsed.flags}};
  }

  protected override async catch(error: Error): Promise<void> {
    if ('code' in error && error.code === 'EEXIT') throw error;
    this.fail(error);
  }

  protected override toErrorJson(error: unknown): FailureJson {
    return failureJson(toGembatchError(error, this.ownVersion));
  }

  /** Shows an error and sets the exit code. */
  protected fail(cause: unknown): void {
    fail(cause, {version: this.ownVersion, isJson: this.jsonEnabled()});
  }
}

function emptyInput(message: string): GembatchError {
  return new GembatchError('USAGE', message, {
    suggestions: ['Give it a value or leave it out; a variable that is not set is empty.'],
  });
}
