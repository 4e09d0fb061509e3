export interface ClockSetting {
  /** Moves it on by a number of milliseconds. */
  readonly advance_ms?: number;
  /** Emulated seconds per real second; 0 stands still. */
  readonly speed?: number;
}

/** The emulator's time: it runs as real time does, faster, or not at all, and can be moved on. */
export class EmulatorClock {
  #speed: number;
  #baseMs = Date.now();
  #realBaseMs = performance.now();

  /** @param speed - emulated seconds per real second; 0 stands still. */
  constructor(speed = 1) {
    this.#speed = speed;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#baseMs + (performance.now() - this.#realBaseMs) * this.#speed;
  }

  /** Moves time on by a number of milliseconds. */
  advance(ms: number): void {
    this.#baseMs += ms;
  }

  setSpeed(speed: number): void {
    this.#baseMs = this.now();
    this.#realBaseMs = performance.now();
    this.#speed = speed;
  }
}

/** A time as the service writes it: RFC 3339 with nanoseconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '456789Z');
}
