import {basename, dirname} from 'node:path';
import type {PrepareManifest} from '../../../domain/prepare/prepare-manifest.js';
import {readManifest} from '../../prepare/request-files/earlier-files.js';
import {PARTS_FOLDER} from '../../split/part-plan.js';

/** Request files that were prepared from one source. */
export interface PreparedFolder {
  readonly folder: string;
  readonly manifest: PrepareManifest;
  /** Absolute paths, each with its place among the files of the manifest: the later, the newer. */
  readonly ages: ReadonlyMap<string, number>;
}

const PART = /\.\d+-of-\d+(?=\.[^.]*$|$)/u;

/**
 * Finds the manifests of request files; files that were not prepared are left out.
 *
 * @param paths - absolute paths of request files, or of parts of them.
 * @throws GembatchError FILE_INVALID for a manifest that cannot be read, and what the file system says.
 */
export async function preparedFolders(paths: readonly string[]): Promise<readonly PreparedFolder[]> {
  const manifests = new Map<string, PrepareManifest | undefined>();
  const ages = new Map<string, Map<string, number>>();
  for (const path of paths) {
    const isPart = basename(dirname(path)) === PARTS_FOLDER && PART.test(path);
    const folder = isPart ? dirname(dirname(path)) : dirname(path);
    const name = isPart ? basename(path).replace(PART, '') : basename(path);
    if (!manifests.has(folder)) manifests.set(folder, await readManifest(folder));
    const age = manifests.get(folder)?.files.findIndex(({file}) => file === name) ?? -1;
    if (age === -1) continue;
    ages.set(folder, (ages.get(folder) ?? new Map<string, number>()).set(path, age));
  }
  return [...ages].flatMap(([folder, ofFolder]) => {
    const manifest = manifests.get(folder);
    return manifest === undefined ? [] : [{folder, manifest, ages: ofFolder}];
  });
}
