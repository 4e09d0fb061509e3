/** Disks of their own for trials, which only root can make, on Linux: one in memory, and one in a file whose power can be cut. */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, statfsSync, truncateSync, unlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pauseThread} from '../../../src/lib/store/file/file-steps.js';

const IMAGE_BYTES = 16 * 1024 * 1024;

/**
 * `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH` (`torvalds/linux`, `fs/ext4/ext4.h`): from now on nothing reaches the
 * disk, and what was not synced never did.
 */
const CUT =
  'open(my $disk, "<", $ARGV[0]) or die; my $how = pack("L", 2); ioctl($disk, 0x8004587D, $how) or die "$!"';

/** A mounted file system. */
export class Disk {
  readonly folder: string;
  readonly #source: readonly string[];

  /** @param source - what is mounted, as `mount` is told. */
  private constructor(source: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), 'gembatch-disk-'));
    this.#source = source;
    this.#mount();
  }

  /** Runs `work` on a disk in memory of so many bytes. */
  static async inMemory(sizeBytes: number, work: (disk: Disk) => Promise<void>): Promise<void> {
    await using(new Disk(['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs']), work);
  }

  /** Runs `work` on a disk in a file, ext4. */
  static async inFile(work: (disk: Disk) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'gembatch-image-'));
    const image = join(folder, 'disk');
    try {
      writeFileSync(image, '');
      truncateSync(image, IMAGE_BYTES);
      run('mkfs.ext4', ['-q', '-F', image]);
      await using(new Disk(['-o', 'loop', image]), work);
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  }

  /** Takes all of the space but so many bytes. */
  fill(freeBytes: number): void {
    const {bavail, bsize} = statfsSync(this.folder);
    writeFileSync(this.#filler, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
  }

  makeRoom(): void {
    unlinkSync(this.#filler);
  }

  /** Lets nothing be written, or everything again. */
  setReadOnly(isReadOnly: boolean): void {
    run('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.folder]);
  }

  /** Makes everything durable that there is. */
  sync(): void {
    run('sync', ['-f', this.folder]);
  }

  /** Cuts the power: what is not durable now never will be. */
  cut(): void {
    run('perl', ['-e', CUT, this.folder]);
  }

  /** Switches the power on again, once nobody uses the disk any more. */
  restart(): void {
    this.unmount();
    this.#mount();
  }

  /** Waits for the last user of a moment ago. */
  unmount(): void {
    for (let tries = 1; spawnSync('umount', [this.folder]).status !== 0; tries += 1) {
      if (tries === 500) throw new Error(`${this.folder} is in use`);
      pauseThread(20);
    }
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }

  #mount(): void {
    run('mount', [...this.#source, this.folder]);
  }
}

/** Why there can be no disks here; undefined when there can. */
export function whyNoDisks(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs root on Linux';
  const needed = ['mount', 'umount', 'mkfs.ext4', 'perl', 'sync'];
  const missing = needed.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} is missing`;
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0
    ? undefined
    : 'nothing may be mounted here';
}

async function using(disk: Disk, work: (disk: Disk) => Promise<void>): Promise<void> {
  try {
    await work(disk);
  } finally {
    disk.unmount();
    rmSync(disk.folder, {recursive: true, force: true});
  }
}

function run(command: string, args: readonly string[]): void {
  const {status, stderr} = spawnSync(command, args, {encoding: 'utf8'});
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
