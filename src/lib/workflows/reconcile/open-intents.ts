import type {GembatchError} from '../../domain/errors.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import {contentId} from '../submit/duplicates/known-jobs.js';
import type {ReconciledIntent} from './reconcile-intents.js';

/**
 * The creates of earlier runs whose outcome is unknown.
 *
 * A request file that one of them may already have paid for waits until it is known what came of them; all others go on.
 */
export class OpenIntents {
  readonly #intents: readonly Intent[];
  readonly #reconciling: Promise<readonly ReconciledIntent[]>;

  /** @param reconciling - what becomes of them; a rejection is for the one who started it to handle. */
  constructor(intents: readonly Intent[], reconciling: Promise<readonly ReconciledIntent[]>) {
    this.#intents = intents;
    this.#reconciling = reconciling;
  }

  /** Waits until all are reconciled, as far as they can be. @returns the attempts of which no job came. */
  async failed(): Promise<readonly string[]> {
    const reconciled = await this.#reconciling;
    return reconciled.flatMap(({result}) => (result.outcome === 'aborted' ? [result.attempt] : []));
  }

  /** Whether a create for this file or this work was open when the run began. */
  concerns(inputFile: string, content: string | undefined): boolean {
    return this.#intents.some((intent) => isAbout(intent, inputFile, content));
  }

  /**
   * Waits until the outcome of each create for this file or this work is known, as far as it can be.
   *
   * @param content - `contentId` of the work; undefined asks for the file alone.
   * @returns `error` says why it is still unknown; `adopted` is the job of this very file that was found.
   */
  async fateOf(
    inputFile: string,
    content: string | undefined,
  ): Promise<{readonly error?: GembatchError; readonly adopted?: JobRecord}> {
    if (!this.concerns(inputFile, content)) return {};
    const reconciled = await this.#reconciling;
    const error = reconciled.find(
      ({error: one, intent}) => one !== undefined && isAbout(intent, inputFile, content),
    )?.error;
    const adopted = reconciled.findLast(({record}) => record?.input_file === inputFile)?.record;
    return {...(error === undefined ? {} : {error}), ...(adopted === undefined ? {} : {adopted})};
  }
}

function isAbout(intent: Intent, inputFile: string, content: string | undefined): boolean {
  return (
    intent.input_file === inputFile ||
    (content !== undefined && contentId(intent.sha256, intent.model) === content)
  );
}
