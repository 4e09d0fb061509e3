import type {Command} from '@oclif/core/command';

/** What completion needs of the command line. */
export interface CompletionInput {
  readonly commands: readonly Command.Loadable[];
  /** Values that are not in the manifest: of a flag, or the jobs that are recorded. Called only when they are wanted. */
  readonly valuesOf: (kind: 'jobs' | 'model' | 'profile' | 'state') => Promise<readonly string[]>;
}

/** Commands whose arguments are recorded jobs; those of the others are files, which the shell completes. */
const TAKE_JOBS: ReadonlySet<string> = new Set([
  'cancel',
  'cleanup',
  'cost',
  'list',
  'poll',
  'report',
  'results',
  'retry',
  'show',
  'status',
]);
const HELP_PAGES = ['exit-codes', 'global-flags'];
const VALUES_BY_FLAG: Readonly<Record<string, 'model' | 'profile' | 'state'>> = {
  model: 'model',
  profile: 'profile',
  state: 'state',
};

/**
 * What may stand in place of the last word of a command line.
 *
 * @param words - those after the name of the program; the last one is what was typed so far, maybe nothing.
 * @returns nothing where the shell is to offer files.
 */
export async function completeWords(
  words: readonly string[],
  {commands, valuesOf}: CompletionInput,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const shown = commands.filter(({hidden}) => hidden !== true);
  const candidates = await candidatesFor({before, current}, shown, valuesOf);
  return candidates.filter((word) => word.startsWith(current)).toSorted((a, b) => a.localeCompare(b, 'en'));
}

async function candidatesFor(
  {before, current}: {before: readonly string[]; current: string},
  commands: readonly Command.Loadable[],
  valuesOf: CompletionInput['valuesOf'],
): Promise<readonly string[]> {
  if (before[0] === 'help')
    return [...commandWords(commands, before.slice(1)), ...(before.length === 1 ? HELP_PAGES : [])];
  const command = commandOf(before, commands);
  if (command === undefined) return commandWords(commands, before);
  if (before.includes('--')) return [];

  const [name = '', value] = current.split('=', 2);
  const assigned = value === undefined ? undefined : flagNamed(command, name);
  if (assigned !== undefined)
    return (await flagValues(assigned, valuesOf)).map((choice) => `${name}=${choice}`);
  const previous = flagNamed(command, before.at(-1) ?? '');
  if (previous?.type === 'option') return flagValues(previous, valuesOf);
  if (current.startsWith('-')) return flagWords(command);
  return TAKE_JOBS.has(command.id) ? valuesOf('jobs') : [];
}

/** The words that may come next in the name of a command. */
function commandWords(commands: readonly Command.Loadable[], before: readonly string[]): readonly string[] {
  const ids = commands.flatMap(({id, aliases}) => [id, ...aliases]).map((id) => id.split(':'));
  const next = ids
    .filter((id) => before.every((word, index) => id[index] === word))
    .map((id) => id[before.length]);
  return [...new Set(next.filter((word) => word !== undefined))];
}

/** The command of a line; the longest name counts, as `emulator start` does. */
function commandOf(
  before: readonly string[],
  commands: readonly Command.Loadable[],
): Command.Loadable | undefined {
  for (const length of [2, 1]) {
    const id = before.slice(0, length).join(':');
    const found = commands.find((command) => command.id === id || command.aliases.includes(id));
    if (found !== undefined && before.length >= length) return found;
  }
  return undefined;
}

function flagNamed(command: Command.Loadable, word: string): Command.Flag.Any | undefined {
  if (word.startsWith('--')) return command.flags[word.slice(2)];
  return /^-\w$/u.test(word)
    ? Object.values(command.flags).find(({char}) => char === word.slice(1))
    : undefined;
}

function flagWords({flags}: Command.Loadable): readonly string[] {
  return Object.values(flags).flatMap(({name, hidden}) => (hidden === true ? [] : [`--${name}`]));
}

async function flagValues(
  flag: Command.Flag.Any,
  valuesOf: CompletionInput['valuesOf'],
): Promise<readonly string[]> {
  if (flag.type !== 'option') return [];
  const kind = VALUES_BY_FLAG[flag.name];
  return flag.options ?? (kind === undefined ? [] : valuesOf(kind));
}
