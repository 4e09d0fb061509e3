/** Flags of every command, which the Python tool takes before the command; whether a value follows. */
const GLOBAL_FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['--job-info', true],
  ['--profile', true],
  ['--bucket', true],
  ['--vertex', false],
  ['--json', false],
  ['--quiet', false],
  ['-q', false],
]);

/**
 * Moves global flags that stand before the command behind its words, where oclif looks for them: `--job-info jobs.jsonl
 * emulator start` becomes `emulator start --job-info jobs.jsonl`.
 *
 * @param commandIds - ids of all commands, their words joined by `:`.
 */
export function behindCommand(args: readonly string[], commandIds: readonly string[]): string[] {
  let start = 0;
  for (let name = args[start]; name !== undefined; name = args[start]) {
    const takesValue = GLOBAL_FLAGS.get(name);
    if (takesValue === undefined && !/^--(?:job-info|profile|bucket)=/u.test(name)) break;
    start += takesValue === true ? 2 : 1;
  }
  const rest = args.slice(start);
  // Without a command, oclif says what it does not understand.
  if (start === 0 || rest[0] === undefined || rest[0].startsWith('-')) return [...args];
  const words = commandIds.includes(`${rest[0]}:${rest[1] ?? ''}`) ? 2 : 1;
  return [...rest.slice(0, words), ...args.slice(0, start), ...rest.slice(words)];
}
