import {createHash} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {jobDisplayName} from '../../../src/lib/domain/job/display-name.js';
import {newAttempt} from '../../../src/lib/domain/job/new-attempt.js';
import {JobFixture} from '../../helpers/job-fixture.js';
import {requestLines} from '../../helpers/request-files.js';
import {eachOf} from './attack.js';

/** Jobs end in so many waves, one after the other. */
export const WAVES = 5;
/** The jobs of the last wave fail. */
export const FAILING_WAVE = WAVES - 1;
const WAVE_MS = 40_000;
/** Requests of each job. */
export const REQUESTS = 2;

/** The wave of a request file that `jobLoad` made. */
export function waveOf(inputFile: string): number {
  return Number(/^wave(?<wave>\d+)\//u.exec(inputFile)?.groups?.['wave']);
}

/** A folder whose job-info file has so many jobs, all at the service, whose time stands still. */
export async function jobLoad(jobs: number): Promise<JobFixture> {
  const fixture = await JobFixture.create({max_concurrent_jobs: jobs});
  const {control} = fixture.emulator;
  for (let wave = 0; wave < WAVES; wave += 1)
    control.outcome({
      match: `wave${wave}/`,
      pending_ms: 0,
      running_ms: (wave + 1) * WAVE_MS,
      ...(wave === FAILING_WAVE ? {state: 'FAILED', error: {code: 13, message: 'It failed.'}} : {}),
    });
  const lines: string[] = [];
  const numbers = Array.from({length: jobs}, (_, number) => number);
  await eachOf(numbers, 16, async (number) => {
    lines[number] = await addJob(fixture, `wave${number % WAVES}/${number}.jsonl`);
  });
  await writeFile(join(fixture.folder, 'job-info.jsonl'), lines.join(''));
  return fixture;
}

async function addJob(fixture: JobFixture, file: string): Promise<string> {
  const text = requestLines(REQUESTS, file);
  const path = join(fixture.folder, file);
  await mkdir(dirname(path), {recursive: true});
  await writeFile(path, text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const attempt = newAttempt();
  const displayName = jobDisplayName(file, sha256, attempt);
  const uploaded = await fixture.upload(text);
  const batch = {...(await fixture.create(displayName, uploaded)), display_name: displayName};
  const record = {
    input_file: file,
    count: REQUESTS,
    uploaded_file_name: uploaded,
    batch,
    sha256,
    size_bytes: Buffer.byteLength(text),
    attempt,
    submitted_at: new Date().toISOString(),
  };
  return `${JSON.stringify(record)}\n`;
}
