import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Command} from '@oclif/core/command';
import type {PJSON, Plugin} from '@oclif/core/interfaces';
import type {LoadCommand} from './command-table.js';

type HookOptions = Plugin['hooks'][string][number];

/** The root plugin, as oclif describes one. */
export interface RootPluginOptions {
  /** The folder of the manifest, of the help and of the hooks. */
  readonly root: string;
  readonly pjson: PJSON;
  readonly table: Readonly<Record<string, LoadCommand>>;
}

/**
 * The root plugin of the command line of its own. What help says of the commands is read from the manifest, and a command is
 * loaded when it runs: oclif's own root plugin loads all of an explicit table for one.
 */
export function rootPlugin({root, pjson, table}: RootPluginOptions): Plugin {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, Command.Cached>;
  };
  const findCommand = async (id: string): Promise<Command.Class> => {
    const load = table[id];
    if (load === undefined) throw new Error(`command ${id} not found`);
    const {default: command} = await load();
    return Object.assign(command, {id, plugin});
  };
  const plugin: Plugin = {
    _base: '',
    alias: pjson.name,
    commandIDs: Object.keys(manifest.commands),
    commands: Object.entries(manifest.commands).map(([id, cached]) => ({
      ...cached,
      // What its help says of a default is the same each time, and in the manifest.
      hasDynamicHelp: false,
      pluginAlias: pjson.name,
      pluginType: 'core',
      load: () => findCommand(id),
    })),
    commandsDir: undefined,
    findCommand,
    hasManifest: true,
    hooks: Object.fromEntries(
      Object.entries(pjson.oclif.hooks ?? {}).map(([name, hooks]) => [name, [hooks].flat().map(hookOptions)]),
    ),
    isRoot: true,
    load: async () => undefined,
    moduleType: 'module',
    name: pjson.name,
    options: {root, pjson, isRoot: true},
    pjson,
    root,
    topics: Object.entries(pjson.oclif.topics ?? {}).map(([name, topic]) => ({...topic, name})),
    type: 'core',
    valid: true,
    version: pjson.version,
  };
  return plugin;
}

function hookOptions(hook: string | HookOptions): HookOptions {
  return typeof hook === 'string' ? {target: hook, identifier: 'default'} : hook;
}
