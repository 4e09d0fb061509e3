import type {Clock} from '../../domain/clock.js';

/** A pause that ends early when something has happened; what happens before it begins ends it too. */
export class WakeableSleep {
  readonly #clock: Clock;
  readonly #stop: AbortSignal;
  #alarm = new AbortController();

  /** @param stop - ends every pause. */
  constructor(clock: Clock, stop: AbortSignal) {
    this.#clock = clock;
    this.#stop = stop;
    stop.addEventListener('abort', () => this.end(), {once: true});
  }

  async take(ms: number): Promise<void> {
    if (!this.#stop.aborted) await this.#clock.sleep(ms, this.#alarm.signal);
    this.#alarm = new AbortController();
  }

  /** Ends the pause that is being taken, or else the next one. */
  end(): void {
    this.#alarm.abort();
  }
}
