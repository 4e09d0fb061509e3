let programName = 'gembatch';

/** Says under which name the commands are run: another one where gembatch is a plugin of another command line. */
export function setProgramName(name: string): void {
  programName = name;
}

/**
 * A command line of gembatch, as it is typed where this process was started.
 *
 * @param rest - what follows the name of the program, such as `poll`.
 */
export function ownCommand(rest: string): string {
  return `${programName} ${rest}`;
}
