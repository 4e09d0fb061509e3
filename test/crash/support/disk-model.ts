/**
 * What may be on the disk after a power cut, by the rules that file systems keep.
 *
 * Bytes that were written and not synced may be there, not there, there by half, or be NULs. A name that was made,
 * removed or moved and whose folder was not synced may be as before or as after: each by itself (`any`, what POSIX allows),
 * or only in the order in which it was done (`ordered`, as ext4 and xfs do it).
 */
import {constants} from 'node:fs';
import {basename} from 'node:path';
import type {TracedStep} from './trial.js';

/** How a file system treats the names in a folder. */
export type NameOrder = 'any' | 'ordered';

/** The files of a folder by their names. */
export type DiskState = ReadonlyMap<string, Buffer>;

/** A file, whatever it is called. */
interface Inode {
  durable: Buffer;
  /** Written, not yet synced, in order. */
  pending: Buffer[];
}

type NameChange =
  | {readonly op: 'put'; readonly name: string; readonly inode: Inode}
  | {readonly op: 'remove'; readonly name: string}
  | {readonly op: 'move'; readonly from: string; readonly to: string};

/** A folder and everything in it that a power cut may take or leave. */
export class DiskModel {
  readonly #durable = new Map<string, Inode>();
  #pending: NameChange[] = [];
  /** As a running process sees it. */
  readonly #now = new Map<string, Inode>();

  constructor(files: DiskState) {
    for (const [name, bytes] of files) {
      const inode = {durable: bytes, pending: []};
      this.#durable.set(name, inode);
      this.#now.set(name, inode);
    }
  }

  /** Does what a process did. */
  apply({op, path = '', to, flags = '', data}: TracedStep, isFolder: boolean): void {
    const name = basename(path);
    if (op === 'open' && isCreating(flags) && !this.#now.has(name)) {
      this.#change({op: 'put', name, inode: {durable: Buffer.alloc(0), pending: []}});
    } else if (op === 'write') {
      this.#now.get(name)?.pending.push(Buffer.from(data ?? '', 'base64'));
    } else if (op === 'fsync' && isFolder) {
      for (const change of this.#pending) applyTo(this.#durable, change);
      this.#pending = [];
    } else if (op === 'fsync') {
      const inode = this.#now.get(name);
      if (inode) [inode.durable, inode.pending] = [Buffer.concat([inode.durable, ...inode.pending]), []];
    } else if (op === 'rename' && to !== undefined) {
      this.#change({op: 'move', from: name, to: basename(to)});
    } else if (op === 'unlink') {
      this.#change({op: 'remove', name});
    }
  }

  /** Every state in which a power cut may leave the folder now. */
  *statesAfterCut(order: NameOrder): Generator<DiskState> {
    for (const changes of order === 'any' ? subsets(this.#pending) : prefixes(this.#pending)) {
      const names = new Map(this.#durable);
      for (const change of changes) applyTo(names, change);
      yield* statesOf([...names]);
    }
  }

  #change(change: NameChange): void {
    applyTo(this.#now, change);
    this.#pending.push(change);
  }
}

function applyTo(names: Map<string, Inode>, change: NameChange): void {
  if (change.op === 'put') names.set(change.name, change.inode);
  else if (change.op === 'remove') names.delete(change.name);
  else {
    const inode = names.get(change.from);
    // The name that is moved may itself never have reached the disk.
    if (!inode) return;
    names.delete(change.from);
    names.set(change.to, inode);
  }
}

/** Every combination of what may be in each of the files. */
function* statesOf([first, ...others]: readonly [string, Inode][]): Generator<DiskState> {
  if (first === undefined) {
    yield new Map();
    return;
  }
  const [name, inode] = first;
  for (const rest of statesOf(others)) {
    for (const bytes of contentsOf(inode)) yield new Map([[name, bytes], ...rest]);
  }
}

/** A write may be there, missing at the end, there by half, or stand as NULs where a later one is there. */
function contentsOf({durable, pending}: Inode): readonly Buffer[] {
  const contents = pending.flatMap((bytes, index) => {
    const before = [durable, ...pending.slice(0, index)];
    const nulls = Buffer.alloc(bytes.length);
    return [
      Buffer.concat(before),
      Buffer.concat([...before, bytes.subarray(0, bytes.length >> 1)]),
      Buffer.concat([...before, nulls]),
      Buffer.concat([...before, nulls, ...pending.slice(index + 1)]),
    ];
  });
  return [...contents, Buffer.concat([durable, ...pending])];
}

function* prefixes<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let length = 0; length <= items.length; length += 1) yield items.slice(0, length);
}

/** More open changes than this do not occur between two syncs; without syncs the earlier ones are taken as done. */
const MOST_OPEN = 8;

function* subsets<T>(items: readonly T[]): Generator<readonly T[]> {
  const done = items.slice(0, -MOST_OPEN);
  const open = items.slice(-MOST_OPEN);
  for (let mask = 0; mask < 1 << open.length; mask += 1) {
    yield [...done, ...open.filter((_, index) => (mask >> index) & 1)];
  }
}

/** @param flags - of `open`, as text or as a number. */
function isCreating(flags: string | number): boolean {
  if (typeof flags === 'number') return (flags & constants.O_CREAT) !== 0;
  return flags === 'a' || flags.startsWith('w');
}
