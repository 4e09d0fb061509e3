import type {LineSplitter} from '../../domain/json/line-splitter.js';

/**
 * Runs the chunks of a file through a splitter.
 *
 * @param found - what the sink of the splitter adds to; emptied after each chunk.
 * @returns what was found in each chunk.
 * @throws what reading the file does.
 */
export async function* splitFile<T>(
  chunks: AsyncIterable<Uint8Array>,
  splitter: LineSplitter,
  found: T[],
): AsyncGenerator<T[]> {
  for await (const chunk of chunks) {
    splitter.push(chunk);
    yield found.splice(0);
  }
  splitter.finish();
  yield found.splice(0);
}
