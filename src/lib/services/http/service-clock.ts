import type {Clock} from '../../domain/clock.js';

/** The service's clock, read from the `Date` of its answers. A person may set the clock of this machine to anything. */
export class ServiceClock {
  readonly #clock: Clock;
  #reading: {readonly serviceMs: number; readonly readAtMs: number} | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes when an answer was given, unless it may be the page of a proxy. */
  read({status, headers}: {readonly status: number; readonly headers: ReadonlyMap<string, string>}): void {
    const isOfService = status >= 200 && status < 300 && /\bjson\b/iu.test(headers.get('content-type') ?? '');
    const serviceMs = Date.parse(headers.get('date') ?? '');
    if (isOfService && Number.isFinite(serviceMs))
      this.#reading = {serviceMs, readAtMs: this.#clock.monotonic()};
  }

  /** In milliseconds since 1970; undefined before the first answer. */
  now(): number | undefined {
    if (this.#reading === undefined) return undefined;
    return this.#reading.serviceMs + this.#clock.monotonic() - this.#reading.readAtMs;
  }
}
