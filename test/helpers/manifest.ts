import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {ROOT} from './run-cli.js';

/** A command that the manifest lists. */
export interface ListedCommand {
  readonly id: string;
  readonly summary: string;
}

/** All commands of the command line, as the built manifest lists them. */
export async function commands(): Promise<readonly ListedCommand[]> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'dist/oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, ListedCommand>;
  };
  return Object.values(manifest.commands);
}
