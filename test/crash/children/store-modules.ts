import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {JobStore} from '../../../src/lib/store/job-store.js';
import type {LockContender} from '../../../src/lib/store/lock/lock-contender.js';
import type {nodeIo} from '../../../src/lib/store/file/store-io.js';
import type {waitForLock} from '../../../src/lib/store/lock/wait-for-lock.js';

/** What the children use of a build. */
export interface StoreModules {
  readonly LockContender: typeof LockContender;
  readonly waitForLock: typeof waitForLock;
  readonly nodeIo: typeof nodeIo;
  readonly JobStore: typeof JobStore;
}

/** Loads the store of the build whose compiled modules are in `src`: the shipped one, or a weakened one. */
export async function storeModules(src: string): Promise<StoreModules> {
  const load = async <T>(name: string): Promise<T> =>
    import(pathToFileURL(join(src, `lib/store/${name}.js`)).href) as Promise<T>;
  const [contender, wait, io, store] = await Promise.all([
    load<Pick<StoreModules, 'LockContender'>>('lock/lock-contender'),
    load<Pick<StoreModules, 'waitForLock'>>('lock/wait-for-lock'),
    load<Pick<StoreModules, 'nodeIo'>>('file/store-io'),
    load<Pick<StoreModules, 'JobStore'>>('job-store'),
  ]);
  return {...contender, ...wait, ...io, ...store};
}
