/** A list grows by pieces of so many numbers, as a power of 2. */
const PIECE_BITS = 16;
const PIECE_MASK = 2 ** PIECE_BITS - 1;
/** Most lists are short. */
const FIRST_NUMBERS = 1024;
const MAX_WORD = 2 ** 32 - 1;

type Piece = Uint32Array | Float64Array;

/**
 * A list of whole numbers by index that grows as needed; what was never set is 0. In 4 bytes each, whatever their number, or 8 where some
 * nearby do not fit.
 */
export class NumberList {
  readonly #pieces: (Piece | undefined)[] = [];

  get(index: number): number {
    return this.#pieces[index >>> PIECE_BITS]?.[index & PIECE_MASK] ?? 0;
  }

  set(index: number, value: number): void {
    const piece = this.#pieceFor(index, value);
    piece[index & PIECE_MASK] = value;
  }

  /** The piece for this index, with room for the value. */
  #pieceFor(index: number, value: number): Piece {
    const at = index >>> PIECE_BITS;
    const place = index & PIECE_MASK;
    const piece = this.#pieces[at];
    const isWide = value > MAX_WORD || piece instanceof Float64Array;
    if (piece !== undefined && place < piece.length && isWide === piece instanceof Float64Array) return piece;
    const least = at === 0 && place < FIRST_NUMBERS ? FIRST_NUMBERS : 2 ** PIECE_BITS;
    const length = Math.max(piece?.length ?? 0, least);
    const next = isWide ? new Float64Array(length) : new Uint32Array(length);
    if (piece !== undefined) next.set(piece);
    this.#pieces[at] = next;
    return next;
  }
}
