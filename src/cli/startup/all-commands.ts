/** Every command, loaded: for command lines that have gembatch as a plugin, which package.json names this for, and for the manifests. */
import type {Command} from '@oclif/core/command';
import type {LoadCommand} from './command-table.js';

// Not imported as usual: the command line of its own would have to load the tables as a file of their own.
const {COMMAND_TABLE, STANDALONE_TABLE} = await import('./standalone.js');

export const COMMANDS = await loadAll(COMMAND_TABLE);

export const STANDALONE_COMMANDS = await loadAll(STANDALONE_TABLE);

async function loadAll(table: Readonly<Record<string, LoadCommand>>): Promise<Record<string, Command.Class>> {
  const loaded = Object.entries(table).map(async ([id, load]) => [id, (await load()).default] as const);
  return Object.fromEntries(await Promise.all(loaded));
}
