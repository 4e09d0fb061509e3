import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {GembatchError} from '../../../domain/errors.js';
import type {AtomicFile} from '../../../store/file/atomic-file.js';
import {SharedThread} from '../../../threads/shared-thread.js';
import type {CheckedRows, IntakeTerms} from '../result-intake.js';
import type {Growth} from './intake-worker.js';
import {TrailingIntake, type GrowingResult} from './trailing-intake.js';

/** A smaller file is checked, once it is whole, before a thread has started. */
const MIN_BYTES = 16 * 1024 * 1024;
/** So much is checked at a time. */
const STEP_BYTES = 4 * 1024 * 1024;

const intakeThread = new SharedThread(new URL('./intake-worker.js', import.meta.url));

/**
 * Checks a result file while it is being written: on a second core, where the file is large and there is one. It never has
 * the bytes in memory, however far the writer is ahead. When the thread is lost, the file is read here, from its start.
 */
export class FileIntake {
  readonly #file: Pick<AtomicFile, 'temporaryPath' | 'writtenBytes'>;
  readonly #result: GrowingResult;
  readonly #stop: AbortSignal;
  #checkedBytes = 0;
  #thread: ThreadIntake | undefined;
  #own: TrailingIntake | undefined;

  constructor(
    file: Pick<AtomicFile, 'temporaryPath' | 'writtenBytes'>,
    terms: IntakeTerms,
    stop: AbortSignal,
  ) {
    this.#file = file;
    this.#result = {path: file.temporaryPath, terms};
    this.#stop = stop;
  }

  /** Checks what was written since the last call, if it is enough. */
  async follow(): Promise<void> {
    const {writtenBytes} = this.#file;
    if (writtenBytes < MIN_BYTES || writtenBytes - this.#checkedBytes < STEP_BYTES) return;
    this.#checkedBytes = writtenBytes;
    if (this.#own === undefined) this.#thread ??= ThreadIntake.start(this.#result, this.#stop);
    if (this.#thread === undefined) await this.#readTo(writtenBytes);
    else this.#thread.tell({writtenBytes, isWhole: false});
  }

  /**
   * Says what the rows of the file are, all of which is written.
   *
   * @throws GembatchError `STORAGE`, and the reason of the signal.
   */
  async finish(): Promise<CheckedRows> {
    const {writtenBytes} = this.#file;
    const read = await this.#thread?.finish(writtenBytes);
    return read ?? (await this.#readTo(writtenBytes)).finish();
  }

  /** Gives up what is not finished. */
  async close(): Promise<void> {
    await this.#thread?.close();
    await this.#own?.close();
  }

  async #readTo(writtenBytes: number): Promise<TrailingIntake> {
    this.#stop.throwIfAborted();
    try {
      this.#own ??= await TrailingIntake.open(this.#result);
      await this.#own.readTo(writtenBytes, this.#stop);
      return this.#own;
    } catch (cause) {
      if (cause instanceof GembatchError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new GembatchError('STORAGE', `Cannot read ${this.#file.temporaryPath}: ${why}.`, {cause});
    }
  }
}

/** A result file that is checked on the thread, as `intake-worker.ts` describes. */
class ThreadIntake {
  readonly #port: MessagePort;
  readonly #release: () => Promise<void>;
  readonly #ended: Promise<CheckedRows | undefined>;

  /** Undefined where there is no core for a thread, or where none may be started. */
  static start(result: GrowingResult, stop: AbortSignal): ThreadIntake | undefined {
    const {port1, port2} = new MessageChannel();
    const release = intakeThread.serve(port2);
    if (release !== undefined) return new ThreadIntake(port1, release, {result, stop});
    port1.close();
    return undefined;
  }

  private constructor(
    port: MessagePort,
    release: () => Promise<void>,
    {result, stop}: {readonly result: GrowingResult; readonly stop: AbortSignal},
  ) {
    this.#port = port;
    this.#release = release;
    const giveUp = (): void => port.close();
    stop.addEventListener('abort', giveUp, {once: true});
    this.#ended = new Promise((resolve) => {
      port.on('message', resolve);
      port.on('close', () => {
        stop.removeEventListener('abort', giveUp);
        resolve(undefined);
      });
    });
    port.postMessage(result);
  }

  tell(growth: Growth): void {
    this.#port.postMessage(growth);
  }

  /** What the file is; undefined when that was lost with the thread, or given up. */
  finish(writtenBytes: number): Promise<CheckedRows | undefined> {
    this.tell({writtenBytes, isWhole: true});
    return this.#ended;
  }

  async close(): Promise<void> {
    this.#port.close();
    await this.#release();
  }
}
