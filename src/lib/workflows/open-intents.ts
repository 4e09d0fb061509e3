import type {GembatchError} from '../domain/errors.js';
import type {Intent} from '../domain/job-record.js';
import {contentId} from './known-jobs.js';
import type {Settlement} from './settle-intents.js';

/**
 * The creates of earlier runs whose fate is not known.
 *
 * A request file that one of them may already have paid for waits until they are settled; all others go on.
 */
export class OpenIntents {
  readonly #settling: Promise<readonly Settlement[]>;
  #open: readonly {intent: Intent; error?: GembatchError}[];

  /** @param settling - their settlement; a rejection is for the one who started it to handle. */
  constructor(intents: readonly Intent[], settling: Promise<readonly Settlement[]>) {
    this.#open = intents.map((intent) => ({intent}));
    this.#settling = settling;
  }

  /**
   * Waits until the fate of each create for this file or this work is known, as far as it can be.
   *
   * @param content - `contentId` of the work; undefined asks for the file alone.
   * @returns why it is still unknown; undefined when no open create concerns the file.
   */
  async errorFor(inputFile: string, content: string | undefined): Promise<GembatchError | undefined> {
    if (this.#find(inputFile, content) === undefined) return undefined;
    const settlements = await this.#settling;
    this.#open = settlements.flatMap(({intent, error}) => (error ? [{intent, error}] : []));
    return this.#find(inputFile, content)?.error;
  }

  /** Whether a create for this file or this work was open when last looked at. */
  concerns(inputFile: string, content: string | undefined): boolean {
    return this.#find(inputFile, content) !== undefined;
  }

  #find(inputFile: string, content: string | undefined): {intent: Intent; error?: GembatchError} | undefined {
    return this.#open.find(
      ({intent}) =>
        intent.input_file === inputFile ||
        (content !== undefined && contentId(intent.sha256, intent.model) === content),
    );
  }
}
