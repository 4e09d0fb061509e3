import type {FileOutcome} from '../submit-report.js';

/** The work that files of this run have in hand, by content and model, so that no two of them send the same. */
export class InFlight {
  readonly #ends = new Map<string, {readonly ended: Promise<FileOutcome>; readonly end: End}>();

  /**
   * Begins a piece of work. When another file has begun the same work, waits for the outcome of that file.
   *
   * @param content - `contentId` of the work.
   * @returns the outcome of the other file, where nothing more is to be done; undefined when it is the caller's now, who must
   *   call `end`.
   */
  async begin(content: string): Promise<FileOutcome | undefined> {
    for (let other = this.#ends.get(content); other !== undefined; other = this.#ends.get(content)) {
      const outcome = await other.ended;
      if (outcome.outcome !== 'failed' && outcome.outcome !== 'not_started') return outcome;
      if (this.#ends.get(content) === other) this.#ends.delete(content);
    }
    let end: End = () => undefined;
    const ended = new Promise<FileOutcome>((resolve) => {
      end = resolve;
    });
    this.#ends.set(content, {ended, end});
    return undefined;
  }

  /** Tells files with the same work what came of it. */
  end(content: string, outcome: FileOutcome): void {
    this.#ends.get(content)?.end(outcome);
  }
}

type End = (outcome: FileOutcome) => void;
