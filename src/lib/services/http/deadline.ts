/** Ends a request that takes too long at what it is at, or all in all, or that its caller does not want any more. */
export class Deadline {
  readonly #over = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onOuter = (): void => this.#over.abort(new Error('given up by the caller'));
  #timer: NodeJS.Timeout | undefined;
  #total: NodeJS.Timeout | undefined;
  #hasEnded = false;

  /** @param outer - the caller's signal, listened to until `end`. */
  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener('abort', this.#onOuter, {once: true});
  }

  /** Aborted with the error of the time limit that has passed. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Starts the limit for what comes next, in place of the last one; none after `end`, for it would keep the process running. */
  set(ms: number, error: (ms: number) => Error): void {
    if (this.#hasEnded || this.#over.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#over.abort(error(ms)), ms);
  }

  /** Starts the limit for all of it, which lasts until `end`. */
  setTotal(ms: number, error: (ms: number) => Error): void {
    this.#total = setTimeout(() => this.#over.abort(error(ms)), ms);
  }

  /** Takes back the last limit, but for that of all. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#total);
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }

  /** Waits for work no longer than the limits allow: what is not connected yet takes no notice of the signal. */
  async race<T>(work: Promise<T>): Promise<T> {
    const {signal} = this.#over;
    let stop: (() => void) | undefined;
    const over = new Promise<never>((_, reject) => {
      stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('given up'));
      signal.addEventListener('abort', stop, {once: true});
    });
    // The one that comes second has no effect.
    work.catch(() => undefined);
    over.catch(() => undefined);
    try {
      return await Promise.race([work, over]);
    } finally {
      if (stop !== undefined) signal.removeEventListener('abort', stop);
    }
  }
}
