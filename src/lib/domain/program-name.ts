let programName = 'gembatch';
let runningCommand: string | undefined;

/**
 * Says under which name the commands are run: another one where gembatch is a plugin of another command line.
 *
 * @param command - the one that runs, such as `emulator start`.
 */
export function setProgramName(name: string, command?: string): void {
  programName = name;
  runningCommand = command;
}

/**
 * A command line of gembatch, as it is typed where this process was started.
 *
 * @param rest - what follows the name of the program, such as `poll`.
 */
export function ownCommand(rest: string): string {
  return `${programName} ${rest}`;
}

/** The command line that shows how the command that runs is used. */
export function helpCommand(): string {
  return ownCommand(runningCommand === undefined ? 'help' : `${runningCommand} --help`);
}
