import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import {RowReader} from '../../domain/result/row-reader.js';
import type {JobStore} from '../../store/job-store.js';
import {readChunks} from '../request-file/read-chunks.js';

/** Answers of a model whose text has from `from` to just below `2 * from` bytes. */
export interface LengthBin {
  readonly model: string;
  readonly from: number;
  readonly count: number;
}

/** How long good answers are, by model, in steps of two. */
export async function answerLengths(
  store: JobStore,
  records: readonly JobRecord[],
  {problems, signal}: {problems: string[]; signal: AbortSignal},
): Promise<readonly LengthBin[]> {
  const byModel = new Map<string, Map<number, number>>();
  for (const record of records) {
    if (record.results === undefined) continue;
    const model = modelLabel(record.requested_model ?? record.batch.model ?? 'unknown');
    const bins = byModel.get(model) ?? new Map<number, number>();
    byModel.set(model, bins);
    try {
      await countLengths(store.resolveInput(record.results.file), bins, signal);
    } catch (error) {
      signal.throwIfAborted();
      problems.push(`${record.results.file}: ${error instanceof Error ? error.message : 'cannot be read'}`);
    }
  }
  return [...byModel].flatMap(([model, bins]) =>
    [...bins].toSorted(([a], [b]) => a - b).map(([from, count]) => ({model, from, count})),
  );
}

async function countLengths(path: string, bins: Map<number, number>, signal: AbortSignal): Promise<void> {
  const reader = new RowReader();
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end)) return;
    const {outcome, answer} = reader.read(bytes, start, end);
    if (outcome !== 'ok' || answer === undefined) return;
    const from = 2 ** Math.floor(Math.log2(Math.max(1, answer.end - answer.start)));
    bins.set(from, (bins.get(from) ?? 0) + 1);
  });
  for await (const chunk of readChunks(path)) {
    signal.throwIfAborted();
    splitter.push(chunk);
  }
  splitter.finish();
}
