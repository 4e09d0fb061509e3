/** What a view needs of a stream, and all that was written to it. */
class FakeTerminal {
  readonly isTTY: boolean;
  readonly writes: string[] = [];
  columns = 80;
  rows = 24;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    this.writes.push(text);
    return true;
  }

  get text(): string {
    return this.writes.join('');
  }
}

/** A terminal whose size a test may change. The type is that of a real one, of which views use no more than is here. */
export function fakeTerminal(): FakeTerminal & NodeJS.WriteStream {
  return new FakeTerminal(true) as FakeTerminal & NodeJS.WriteStream;
}

/** A stream that is no terminal, whatever its size says. */
export function fakePipe(): FakeTerminal & NodeJS.WriteStream {
  return new FakeTerminal(false) as FakeTerminal & NodeJS.WriteStream;
}
