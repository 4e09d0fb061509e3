import {lockSync} from '../lock/bare-lock.js';
import {nodeFiles, type FileIo} from './file-io.js';

/** The same with the making of locks, which only what writes needs. */
export interface StoreIo extends FileIo {
  /** Creates an empty lock file; throws `EEXIST` when there is one. */
  lock(path: string): void;
}

/** The file system of this machine. */
export const nodeIo: StoreIo = {...nodeFiles, lock: lockSync};
