/**
 * One process that wants one lock.
 *
 * The mutex is a file made by one exclusive create. Around it:
 *
 * 1. The owner announces itself by an empty file `<lock>.<owner id>`, creates the lock, writes its owner line into it and
 *    takes the claim file away. So the maker of a lock without a name is always among the claimants.
 * 2. A lock is broken when its owner is dead, which is found out by asking the system about the process, never by age.
 *    On other hosts, where a process cannot be asked for, an owner that gave no sign of life for `foreignLimitMs` of the waiter's own
 *    time is presumed dead.
 * 3. Breaking happens under a second lock of the same kind, `<lock>.break`, after a second look. A dead owner cannot
 *    remove its lock and everybody else needs `.break`, so what was looked at is what is removed. A breaker that dies
 *    leaves a dead lock like any other.
 */
import {basename, dirname} from 'node:path';
import type {Clock} from '../../domain/clock.js';
import type {LockHolder} from '../../domain/lock-holder.js';
import {
  closing,
  isBusyOnWindows,
  orStorageError,
  pauseThread,
  removeIfThere,
  removeSideFile,
  storageError,
  systemCode,
  writeAll,
} from '../file/file-steps.js';
import {holdsRecords} from '../file/plain-lines.js';
import {HeldLock, releaseLeftOver} from './held-lock.js';
import {livenessOf, wasBeforeStart} from './liveness.js';
import type {Liveness} from './liveness.js';
import {newOwnerId, parseOwnerId} from './owner-id.js';
import {newOwnerLine, parseOwnerLine} from './owner-line.js';
import type {OwnerLine} from './owner-line.js';
import {SilenceWatch} from './silence-watch.js';
import type {StoreIo} from '../file/store-io.js';

/** What every lock of one store shares. */
export interface LockContext {
  readonly io: StoreIo;
  readonly clock: Clock;
  /** What this process runs, for the messages of processes that wait for it. */
  readonly command: string;
  readonly version: string;
  readonly foreignLimitMs: number;
}

/** The lock file as it was at one moment. */
interface LockSnapshot {
  readonly owner: OwnerLine | null;
  /** Changes with every new file under the path and with every write or sign of life. */
  readonly instance: string;
  readonly modifiedNs: bigint;
  /** Whether it is what another program is about to put in the place of the job-info file. */
  readonly holdsRecords: boolean;
}

/** What sets a lock apart from others. */
export interface LockTraits {
  /** Whether another program, which leaves no name and gives no sign of life, takes this lock too. */
  readonly isShared?: boolean;
}

/** Breakers that died while breaking, one inside the other. More than this is not chance. */
const MAX_BREAK_DEPTH = 6;
/** A claim file this near to a lock belongs to it; older ones are left over from something else. */
const CLAIM_NEAR_NS = 5_000_000_000n;
/** A lock without a name must stand for 20 ms before anybody can tell whether its maker lives. */
const SECOND_LOOK_MS = 30;
const NS_PER_MS = 1_000_000n;
/** A file that Windows is still deleting cannot be made anew; within seconds it can. */
const WINDOWS_BUSY_MS = 5_000;

export class LockContender {
  readonly #path: string;
  readonly #context: LockContext;
  readonly #depth: number;
  readonly #isShared: boolean;
  readonly #watch: SilenceWatch;
  #breaker: LockContender | undefined;
  #holder: LockHolder | null = null;
  #busySinceMs: number | null = null;

  constructor(path: string, context: LockContext, {isShared = false}: LockTraits = {}, depth = 0) {
    this.#path = path;
    this.#context = context;
    this.#isShared = isShared;
    this.#depth = depth;
    this.#watch = new SilenceWatch(context.clock, context.foreignLimitMs);
  }

  /** Who held the lock at the last try; null when it bears no name. */
  get holder(): LockHolder | null {
    return this.#holder;
  }

  /**
   * Tries once, without waiting, and breaks a dead lock on the way.
   *
   * @returns null when another process has the lock, or when it takes another try to tell.
   * @throws GembatchError STORAGE when lock files cannot be written here.
   */
  try(): HeldLock | null {
    return orStorageError(`take the lock ${this.#path}`, () => {
      releaseLeftOver(this.#path);
      const snapshot = this.#look();
      if (snapshot === 'busy') return null;
      if (snapshot !== null && !this.#breakIfDead(snapshot)) return null;
      return this.#create();
    });
  }

  /**
   * Tries once, and once more where the lock bears no name: only after a moment can anybody tell whether its maker lives.
   * Stops the thread meanwhile.
   *
   * @returns null when another process has the lock.
   * @throws GembatchError STORAGE when lock files cannot be written here.
   */
  tryWithSecondLook(): HeldLock | null {
    const lock = this.try();
    if (lock !== null || this.#holder !== null) return lock;
    pauseThread(SECOND_LOOK_MS);
    return this.try();
  }

  /**
   * Whether no other program holds the lock, whose work may take hours; what a dead one has left is removed.
   *
   * @throws GembatchError STORAGE when lock files cannot be written here.
   */
  isFreeOfOthers(): boolean {
    return orStorageError(`look at the lock ${this.#path}`, () => {
      const snapshot = this.#look();
      if (snapshot === null || snapshot === 'busy') return snapshot === null;
      // A lock with a claim file is of this program, and the next commit waits for it or breaks it.
      return snapshot.owner !== null || this.#claimants(snapshot).length > 0 || this.#breakIfDead(snapshot);
    });
  }

  /** Whether the lock file stands and bears no name, so that claim files beside it still mean something. */
  isNameless(): boolean {
    const snapshot = this.#look();
    return snapshot === 'busy' || (snapshot !== null && snapshot.owner === null);
  }

  #look(): LockSnapshot | null | 'busy' {
    const {io} = this.#context;
    try {
      const descriptor = io.open(this.#path, 'r');
      return closing(io, descriptor, () => {
        const {dev, ino, ctimeNs, mtimeNs, size} = io.fstat(descriptor);
        const bytes = io.read(descriptor);
        const owner = parseOwnerLine(bytes);
        this.#busySinceMs = null;
        const instance = [owner?.id, dev, ino, ctimeNs, mtimeNs, size].join(' ');
        return {owner, instance, modifiedNs: mtimeNs, holdsRecords: owner === null && holdsRecords(bytes)};
      });
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      return this.#busyOrThrow(error);
    }
  }

  #busyOrThrow(error: unknown): 'busy' {
    const nowMs = performance.now();
    this.#busySinceMs ??= nowMs;
    if (isBusyOnWindows(this.#context.io, error) && nowMs - this.#busySinceMs < WINDOWS_BUSY_MS)
      return 'busy';
    throw error;
  }

  #create(): HeldLock | null {
    const {io} = this.#context;
    const id = newOwnerId();
    const claimPath = `${this.#path}.${id}`;
    io.close(io.open(claimPath, 'wx', 0o600));
    if (!this.#createBare(claimPath)) return null;
    try {
      this.#writeOwner(id);
    } catch (error) {
      // The lock of a live claimant is never broken, so this one is ours. The claim file goes last: should the lock
      // stay, it tells others when its maker has died.
      removeIfThere(io, this.#path);
      removeSideFile(io, claimPath);
      throw error;
    }
    removeSideFile(io, claimPath);
    return new HeldLock(io, this.#path, id);
  }

  #createBare(claimPath: string): boolean {
    const {io} = this.#context;
    try {
      io.lock(this.#path);
      return true;
    } catch (error) {
      removeSideFile(io, claimPath);
      if (systemCode(error) !== 'EEXIST') this.#busyOrThrow(error);
      return false;
    }
  }

  #writeOwner(id: string): void {
    const {io} = this.#context;
    const line = Buffer.from(`${JSON.stringify(newOwnerLine(id, this.#context))}\n`);
    const descriptor = io.open(this.#path, 'r+');
    closing(io, descriptor, () => {
      writeAll(io, descriptor, line);
    });
  }

  /** Whether the lock is out of the way now. */
  #breakIfDead(snapshot: LockSnapshot): boolean {
    if (!this.#isDead(snapshot) || this.#depth >= MAX_BREAK_DEPTH) return false;
    this.#breaker ??= new LockContender(`${this.#path}.break`, this.#context, {}, this.#depth + 1);
    const guard = this.#breaker.try();
    if (guard === null) return false;
    try {
      const again = this.#look();
      if (again === null) return true;
      if (again === 'busy' || again.instance !== snapshot.instance || !this.#isDead(again)) return false;
      const dead =
        again.owner === null
          ? this.#claimants(again).filter(({liveness}) => liveness === 'dead' || liveness === 'other-boot')
          : [];
      removeIfThere(this.#context.io, this.#path);
      for (const {path} of dead) removeSideFile(this.#context.io, path);
      return true;
    } finally {
      guard.release();
    }
  }

  #isDead(snapshot: LockSnapshot): boolean {
    this.#watch.see(snapshot.instance);
    const liveness = this.#livenessOf(snapshot);
    this.#holder = holderOf(snapshot.owner, liveness, this.#watch.silentMs);
    if (liveness === 'alive' || liveness === 'dead') return liveness === 'dead';
    const isLeft = liveness === 'other-boot' && wasBeforeStart(Number(snapshot.modifiedNs / NS_PER_MS));
    return this.#watch.isOverLimit(isLeft);
  }

  #livenessOf(snapshot: LockSnapshot): Liveness {
    const id = snapshot.owner && parseOwnerId(snapshot.owner.id);
    return id ? livenessOf(id) : this.#livenessOfMaker(snapshot);
  }

  /**
   * Whether the process that made a lock without a name is alive. The claim files are listed only after the lock has stood
   * unchanged for longer than a tick of the file's clock, and looked at again afterwards: only then did its maker
   * announce itself before the listing, and not for another lock of the same look.
   */
  #livenessOfMaker(snapshot: LockSnapshot): Liveness {
    if (!this.#watch.hasStoodLongerThanTick(snapshot.modifiedNs)) return 'alive';
    const claimants = this.#claimants(snapshot).map(({liveness}) => liveness);
    const again = this.#look();
    if (again === null || again === 'busy' || again.instance !== snapshot.instance) return 'alive';
    if (claimants.includes('alive')) return 'alive';
    const [first, ...others] = claimants;
    const isOneState = others.every((state) => state === first);
    if (isOneState && (first === 'dead' || first === 'other-boot')) return first;
    // It has no claim file: a lock of another program, which may well be alive; only its silence counts. Of one that is
    // silent as a rule, not even that, and what holds records may be their only copy.
    if (!this.#isShared) return 'foreign';
    const isLeft = wasBeforeStart(Number(snapshot.modifiedNs / NS_PER_MS)) && !snapshot.holdsRecords;
    return isLeft ? 'other-boot' : 'alive';
  }

  /** The claim files of this lock. Those of the dead count only if they came together with the lock. */
  #claimants(snapshot: LockSnapshot): {path: string; liveness: Liveness}[] {
    const prefix = `${basename(this.#path)}.`;
    return this.#context.io.list(dirname(this.#path)).flatMap((name) => {
      const id = name.startsWith(prefix) ? parseOwnerId(name.slice(prefix.length)) : null;
      if (id === null) return [];
      const claimant = {path: `${dirname(this.#path)}/${name}`, liveness: livenessOf(id)};
      const mayBeLeft = claimant.liveness === 'dead' || claimant.liveness === 'other-boot';
      return !mayBeLeft || this.#isNear(claimant.path, snapshot) ? [claimant] : [];
    });
  }

  #isNear(claimPath: string, snapshot: LockSnapshot): boolean {
    try {
      const apartNs = this.#context.io.stat(claimPath).mtimeNs - snapshot.modifiedNs;
      return apartNs > -CLAIM_NEAR_NS && apartNs < CLAIM_NEAR_NS;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw storageError(`look at ${claimPath}`, error);
    }
  }
}

/** What is said of a holder in each state; one that is dead is not asked for any more. */
const SHOWN_STATES: Readonly<Record<Liveness, LockHolder['state']>> = {
  alive: 'alive',
  dead: 'unknown',
  'other-boot': 'foreign',
  foreign: 'foreign',
  unknown: 'unknown',
};

function holderOf(owner: OwnerLine | null, liveness: Liveness, silentMs: number): LockHolder | null {
  if (owner === null) return null;
  const {command, pid, user, host, startedAt} = owner;
  return {command, pid, user, host, since: startedAt, state: SHOWN_STATES[liveness], silentMs};
}
