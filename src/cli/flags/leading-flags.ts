/** Flags that every command has, and whether a value follows. The Python tool takes them before the command. */
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
 * Moves global flags from before the command to behind it, where oclif looks for them: `--job-info jobs.jsonl
 * emulator start` becomes `emulator start --job-info jobs.jsonl`.
 *
 * @param commandIds - ids of all commands, their words joined by `:`.
 */
export function moveLeadingFlags(args: readonly string[], commandIds: readonly string[]): string[] {
  let start = 0;
  for (let name = args[start]; name !== undefined; name = args[start]) {
    const takesValue = GLOBAL_FLAGS.get(name);
    if (takesValue === undefined && !/^--(?:job-info|profile|bucket)=/u.test(name)) break;
    start += takesValue === true ? 2 : 1;
  }
  const rest = args.slice(start);
  // There is no command: oclif's parser reports what is wrong.
  if (start === 0 || rest[0] === undefined || rest[0].startsWith('-')) return [...args];
  const words = commandIds.includes(`${rest[0]}:${rest[1] ?? ''}`) ? 2 : 1;
  return [...rest.slice(0, words), ...args.slice(0, start), ...rest.slice(words)];
}

/**
 * `help submit` as `submit --help`, and `help` as `--help`: the same answers, without loading the command that gives them.
 *
 * @param commandIds - ids of all commands, their words joined by `:`.
 */
export function helpAsFlag(args: readonly string[], commandIds: readonly string[]): string[] {
  const [first, ...words] = args;
  const isKnown = words.length === 0 || commandIds.includes(words.join(':'));
  return first === 'help' && isKnown ? [...words, '--help'] : [...args];
}
