import type {Source, SourceRow} from '../sources/source.js';

/** A request of a row: its JSON text, and its key unless that is made of it. */
export interface MadeRequest {
  readonly json: string;
  readonly key: string | undefined;
}

/**
 * Makes the request of a row; undefined when its prompt is empty.
 *
 * @throws GembatchError FILE_* with the place of the row.
 */
export type MakeRequest = (
  source: Source,
  row: SourceRow,
) => MadeRequest | undefined | Promise<MadeRequest | undefined>;
