import type {Clock} from '../domain/clock.js';
import type {StoreIo} from './file/store-io.js';

/** How a store is opened. */
export interface JobStoreOptions {
  /** What this process runs, for example `gembatch submit`; shown to processes that wait for it. */
  readonly command: string;
  readonly clock: Clock;
  /** Of the program, for readers of the lock file. */
  readonly version?: string;
  /** The file system; another one only in tests. */
  readonly io?: StoreIo;
  /**
   * After how long without a sign of life the holder of a lock on another host or in another container is presumed
   * dead, in milliseconds. It gives one every 5 seconds.
   */
  readonly foreignLimitMs?: number;
  /** Is told once, in a sentence for people, that lines of the file cannot be read. */
  readonly onUnreadable?: ((warning: string) => void) | undefined;
}
