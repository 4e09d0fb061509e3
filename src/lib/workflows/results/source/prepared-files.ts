import {basename, dirname, join} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {MANIFEST_NAME, type PrepareManifest} from '../../../domain/prepare/prepare-manifest.js';
import {fileError} from '../../prepare/file-error.js';
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

/** Request files with a manifest beside them. */
export interface PreparedFolders {
  readonly folders: readonly PreparedFolder[];
  /** Manifests that cannot be read: by path of their folder, why. */
  readonly unreadable: ReadonlyMap<string, GembatchError>;
}

/**
 * Finds the manifests of request files; files that were not prepared are left out.
 *
 * @param paths - absolute paths of request files, or of parts of them.
 */
export async function preparedFolders(paths: readonly string[]): Promise<PreparedFolders> {
  const manifests = new Map<string, PrepareManifest | undefined>();
  const unreadable = new Map<string, GembatchError>();
  const ages = new Map<string, Map<string, number>>();
  for (const path of paths) {
    const isPart = basename(dirname(path)) === PARTS_FOLDER && PART.test(path);
    const folder = isPart ? dirname(dirname(path)) : dirname(path);
    const name = isPart ? basename(path).replace(PART, '') : basename(path);
    if (!manifests.has(folder)) {
      const manifest = await readManifest(folder).catch((cause: unknown) => {
        const error = fileError(join(folder, MANIFEST_NAME), cause);
        if (!(error instanceof GembatchError)) throw error;
        unreadable.set(folder, error);
        return undefined;
      });
      manifests.set(folder, manifest);
    }
    const age = manifests.get(folder)?.files.findIndex(({file}) => file === name) ?? -1;
    if (age === -1) continue;
    ages.set(folder, (ages.get(folder) ?? new Map<string, number>()).set(path, age));
  }
  const folders = [...ages].flatMap(([folder, ofFolder]) => {
    const manifest = manifests.get(folder);
    return manifest === undefined ? [] : [{folder, manifest, ages: ofFolder}];
  });
  return {folders, unreadable};
}
