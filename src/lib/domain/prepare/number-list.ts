/** A list of numbers by index that grows as needed; what was never set is 0. In 8 bytes each, whatever their number. */
export class NumberList {
  #values: Float64Array;

  constructor(expected = 1024) {
    this.#values = new Float64Array(expected);
  }

  get(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) {
      const larger = new Float64Array(Math.max(index + 1, this.#values.length * 2));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[index] = value;
  }
}
