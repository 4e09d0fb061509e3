// Preload (`node --import`): a wall clock that is an hour ahead of everybody else's.
const AHEAD_MS = 3_600_000;
const RightDate = Date;

globalThis.Date = class extends RightDate {
  constructor(...args: readonly [] | readonly [number | string | Date]) {
    super(args[0] ?? RightDate.now() + AHEAD_MS);
  }

  static override now(): number {
    return RightDate.now() + AHEAD_MS;
  }
} as DateConstructor;
