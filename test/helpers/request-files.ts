import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

/** The text of a valid request file. The keys are `r1`, `r2`, … */
export function requestLines(requests: number, subject = 'the sea'): string {
  return Array.from({length: requests}, (_, i) =>
    JSON.stringify({
      key: `r${i + 1}`,
      request: {contents: [{role: 'user', parts: [{text: `Write line ${i + 1} about ${subject}.`}]}]},
    }),
  )
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * Writes valid request files `001.jsonl`, `002.jsonl`, … into `folder`, which is made when it is missing. Each has its own
 * content.
 *
 * @returns their paths, in order.
 */
export async function requestFiles(folder: string, files: number, requests = 3): Promise<string[]> {
  const paths = Array.from({length: files}, (_, i) =>
    join(folder, `${String(i + 1).padStart(3, '0')}.jsonl`),
  );
  await mkdir(folder, {recursive: true});
  await Promise.all(paths.map((path, i) => writeFile(path, requestLines(requests, `place ${i + 1}`))));
  return paths;
}
