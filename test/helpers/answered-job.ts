import {mkdir, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {verifyResult} from '../../src/lib/workflows/fetch/verify-result.js';
import {tempDir} from './temp-dir.js';

/** A request file with its results. */
export interface AnsweredFile {
  /** As it is called in the folder, `001.jsonl` when absent. */
  readonly file?: string;
  readonly requests: readonly string[];
  readonly rows: readonly string[];
}

/** A folder in which the results of these request files are on disk and recorded, so that nothing has to be fetched. */
export async function answeredJobs(files: readonly AnsweredFile[], folder?: string): Promise<string> {
  const root = folder ?? (await tempDir());
  const records: string[] = [];
  for (const [index, {file = '001.jsonl', requests, rows}] of files.entries()) {
    const [requestPath, resultFile] = [join(root, file), `results/${index}.jsonl`];
    const resultPath = join(root, resultFile);
    await mkdir(dirname(requestPath), {recursive: true});
    await mkdir(dirname(resultPath), {recursive: true});
    await writeFile(requestPath, requests.map((line) => `${line}\n`).join(''));
    await writeFile(resultPath, rows.map((line) => `${line}\n`).join(''));
    const {counts, sizeBytes, sha256} = await verifyResult({
      requestPath,
      resultPath,
      requestSha256: null,
      expectedCount: requests.length,
    });
    records.push(
      JSON.stringify({
        input_file: file,
        count: requests.length,
        uploaded_file_name: 'files/abc',
        batch: {
          name: `batches/job${index}`,
          state: 'JOB_STATE_SUCCEEDED',
          model: 'models/gemini-2.5-flash-lite',
        },
        results: {
          file: resultFile,
          size_bytes: sizeBytes,
          sha256,
          fetched_at: '2026-11-27T12:00:00.000Z',
          rows: counts,
          request_file: 'matched',
        },
      }),
    );
  }
  await writeFile(join(root, 'job-info.jsonl'), records.map((line) => `${line}\n`).join(''));
  return root;
}
