import lockfile from 'lockfile';

/**
 * The npm package `lockfile`, used as one bare exclusive create and nothing else: its `stale`, `wait` and `retries`
 * let two processes hold one lock, and its release removes a lock without asking whose it is.
 *
 * Its exit handler (`lockfile.js`, `onExit`) looks `unlockSync` up on its exports when the process ends, so the release
 * is replaced there: for our paths by the one that checks the owner, for everybody else's by the package's own.
 */
const releases = new Map<string, () => void>();
const unlockSync = lockfile.unlockSync;
Object.assign(lockfile, {
  unlockSync(path: string) {
    const release = releases.get(path);
    if (release === undefined) unlockSync(path);
    else release();
  },
});

/** Creates the empty lock file at `path`; throws `EEXIST` when there is one. */
export function lockSync(path: string): void {
  // Known to us before it exists: from here on the package's own release never touches this path.
  releases.set(path, releases.get(path) ?? nothingToRelease);
  lockfile.lockSync(path);
}

/** Says what to do about the lock at `path` when the process ends; null: nothing. */
export function releaseAtExit(path: string, release: (() => void) | null): void {
  releases.set(path, release ?? nothingToRelease);
}

function nothingToRelease(): void {
  // A lock that is not held stays in the private table of the package; there is nothing to undo for it.
}
