/** What a view needs of a terminal, and all that was written to it. */
class FakeTerminal {
  readonly isTTY = true;
  readonly writes: string[] = [];
  columns = 80;
  rows = 24;

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
  return new FakeTerminal() as FakeTerminal & NodeJS.WriteStream;
}
