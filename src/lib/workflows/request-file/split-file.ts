import type {LineSplitter} from '../../domain/json/line-splitter.js';
import {readChunks} from './read-chunks.js';

/**
 * Runs a file through a splitter.
 *
 * @param found - what the sink of the splitter adds to; emptied after each chunk.
 * @returns what was found in each chunk.
 * @throws as `readChunks`.
 */
export async function* splitFile<T>(path: string, splitter: LineSplitter, found: T[]): AsyncGenerator<T[]> {
  for await (const chunk of readChunks(path)) {
    splitter.push(chunk);
    yield found.splice(0);
  }
  splitter.finish();
  yield found.splice(0);
}
