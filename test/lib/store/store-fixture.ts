import {mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach} from '@jest/globals';
import type {JobRecord} from '../../../src/lib/domain/job/job-record.js';
import {JobStore} from '../../../src/lib/store/job-store.js';
import type {JobStoreOptions} from '../../../src/lib/store/job-store.js';
import {TEMP} from '../../helpers/temp-dir.js';
import {realClock} from './clocks.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, {recursive: true, force: true});
});

/** A new folder that is gone after the test. */
export function useFolder(): string {
  const folder = realpathSync(mkdtempSync(join(TEMP, 'gembatch-store-')));
  folders.push(folder);
  return folder;
}

/** A job-info file in a new folder, with these lines if any are given. */
export function useStore(
  content: string | Uint8Array | null = null,
  options: Partial<JobStoreOptions> = {},
): {store: JobStore; path: string; folder: string} {
  const folder = useFolder();
  const path = join(folder, 'job-info.jsonl');
  if (content !== null) writeFileSync(path, content);
  return {store: openStore(path, options), path, folder};
}

export function openStore(path: string, options: Partial<JobStoreOptions> = {}): JobStore {
  return JobStore.open(path, {command: 'gembatch test', clock: realClock, ...options});
}

/** Names of the batch jobs in the file itself. */
export function publishedNames(path: string): string[] {
  const values: unknown[] = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return values.map((value) => (isRecord(value) ? value.batch.name : '?'));
}

function isRecord(value: unknown): value is JobRecord {
  return typeof value === 'object' && value !== null && 'batch' in value;
}

/** What stands beside the job-info file and is ours. */
export function sideFiles(path: string): string[] {
  return readdirSync(join(path, '..')).filter((name) => name.startsWith('job-info.jsonl.'));
}
