/** Lets a few works run at a time; the others wait, and come in the order in which they asked. */
export class Lane {
  #free: number;
  readonly #waiting: Array<() => void> = [];

  /** @param width - how many run at a time. */
  constructor(width: number) {
    this.#free = width;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
