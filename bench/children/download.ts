// Downloads and verifies a result file as a poll does, up to its durable place. node download.js URL REQUESTS COUNT SHA256
import {join} from 'node:path';
import {argv, cwd, resourceUsage, stdout} from 'node:process';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {PRICES} from '../../src/lib/domain/price/prices.js';
import {GeminiBatchClient} from '../../src/lib/services/gemini/gemini-batch-client.js';
import {AtomicFile} from '../../src/lib/store/file/atomic-file.js';
import {JobStore} from '../../src/lib/store/job-store.js';
import {receiveResult} from '../../src/lib/workflows/fetch/receive-result.js';
import {systemClock as clock} from '../../src/lib/system-clock.js';

const [, , baseUrl = '', requests = '', count = '', sha256 = ''] = argv;
const resultFileName = 'files/batch-bench';
const record: JobRecord = {
  input_file: requests,
  count: Number(count),
  uploaded_file_name: 'files/bench',
  batch: {
    name: 'batches/bench',
    model: 'models/bench',
    state: 'JOB_STATE_SUCCEEDED',
    dest: {file_name: resultFileName},
  },
  sha256,
};
const store = JobStore.open('job-info.jsonl', {command: 'bench', clock});
const client = new GeminiBatchClient({apiKey: 'bench', clock, baseUrl});
const createFile = (target: string): Promise<AtomicFile> => AtomicFile.open(target);

const startedMs = performance.now();
const file = await createFile(join(cwd(), 'verified.jsonl'));
const received = await receiveResult(
  {store, client, clock, createFile, prices: PRICES, report: () => undefined},
  {record, resultFileName, file},
  {isRetried: false, stop: new AbortController().signal},
);
await file.commit();
const ms = performance.now() - startedMs;
if (!received.isComplete || received.requestsState !== 'matched') throw new Error(JSON.stringify(received));
stdout.write(JSON.stringify({ms, peakMiB: resourceUsage().maxRSS / 1024}));
