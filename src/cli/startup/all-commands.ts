/** Every command, loaded: for command lines that have gembatch as a plugin, which package.json names this for, and for the manifests. */
import type {Command} from '@oclif/core/command';
import {COMMAND_TABLE, STANDALONE_TABLE} from './command-table.js';

export const COMMANDS = await loadAll(COMMAND_TABLE);

export const STANDALONE_COMMANDS = await loadAll(STANDALONE_TABLE);

async function loadAll(table: typeof COMMAND_TABLE): Promise<Record<string, Command.Class>> {
  const loaded = Object.entries(table).map(async ([id, load]) => [id, (await load()).default] as const);
  return Object.fromEntries(await Promise.all(loaded));
}
