import {describe, expect, test} from '@jest/globals';
import {call, startEmulator, type Json, type Reply} from './raw-http.js';
import type {Emulator} from '../../src/emulator/http/server.js';
import {parseLines} from '../helpers/json-lines.js';

const TOKEN = {authorization: 'Bearer a-token'};
const JOBS = '/v1/projects/my-project/locations/global/batchPredictionJobs';
const A_DAY_MS = 86_400_000;

describe('a batch prediction job', () => {
  test('repeats its requests in its rows, with their keys', async () => {
    const emulator = await startEmulator({behaviour: {is_shuffled: false}});
    const {name} = await created(emulator, 2);
    const job = await got(emulator, name);
    expect(job).toMatchObject({
      state: 'JOB_STATE_SUCCEEDED',
      model: 'publishers/google/models/gemini-2.5-flash-lite',
      completionStats: {successfulCount: '2'},
      labels: {run: 'one'},
    });
    const rows = await rowsOf(emulator, job);
    expect(rows).toMatchObject([
      {
        status: '',
        key: 'r1',
        request: {contents: expect.any(Array)},
        response: {candidates: expect.any(Array)},
      },
      {status: '', key: 'r2'},
    ]);
    expect(emulator.control.paid()).toMatchObject([
      {name, input_file_name: 'gs://bucket/in.jsonl', request_count: 2},
    ]);
  });

  test('says in the status of a row what went wrong with it', async () => {
    const emulator = await startEmulator();
    emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
    const {name} = await created(emulator, 1);
    expect(await rowsOf(emulator, await got(emulator, name))).toMatchObject([
      {status: 'Internal error encountered.', key: 'r1', response: {}},
    ]);
  });

  test('writes as many objects as it is told to', async () => {
    const emulator = await startEmulator({behaviour: {vertex_shards: 2}});
    const {name} = await created(emulator, 5);
    await got(emulator, name);
    expect(emulator.control.objects().slice(1)).toEqual([
      expect.stringMatching(
        /^gs:\/\/bucket\/out\/prediction-model-[^/]+\/predictions\.jsonl-00000-of-00002$/u,
      ),
      expect.stringMatching(/predictions\.jsonl-00001-of-00002$/u),
    ]);
  });

  test('keeps the rows that it has finished when it is cancelled', async () => {
    const emulator = await startEmulator({behaviour: {running_ms: 1_000}});
    const {name} = await created(emulator, 10);
    emulator.control.advance(500);
    expect((await call(emulator, `POST /v1/${name}:cancel`, {headers: TOKEN})).status).toBe(200);
    const job = await got(emulator, name);
    expect(job).toMatchObject({
      state: 'JOB_STATE_CANCELLED',
      completionStats: {successfulCount: '5', incompleteCount: '5'},
    });
    expect(await rowsOf(emulator, job)).toHaveLength(5);
  });

  test('waits for three days at most, and is cut off after running for one', async () => {
    const emulator = await startEmulator();
    emulator.control.outcome({match: 'waits', pending_ms: 4 * A_DAY_MS});
    emulator.control.outcome({match: 'runs', running_ms: 2 * A_DAY_MS});
    const waits = await created(emulator, 4, {displayName: 'waits'});
    const runs = await created(emulator, 4, {displayName: 'runs'});
    emulator.control.advance(A_DAY_MS);
    expect((await got(emulator, waits.name))['state']).toBe('JOB_STATE_PENDING');
    const cutOff = await got(emulator, runs.name);
    expect(cutOff['state']).toBe('JOB_STATE_EXPIRED');
    expect(await rowsOf(emulator, cutOff)).toHaveLength(2);
    emulator.control.advance(2 * A_DAY_MS);
    const expired = await got(emulator, waits.name);
    expect([expired['state'], expired['outputInfo']]).toEqual(['JOB_STATE_EXPIRED', undefined]);
  });

  test('fails for a request with an empty object', async () => {
    const emulator = await startEmulator();
    await put(
      emulator,
      `${JSON.stringify({key: 'r1', request: {contents: [{parts: [{text: 'hi'}]}], tools: [{googleSearch: {}}]}})}\n`,
    );
    const {name} = (await create(emulator)).json() as {name: string};
    expect(await got(emulator, name)).toMatchObject({
      state: 'JOB_STATE_FAILED',
      error: {message: "Query error: Cannot store struct 'request.tools.googleSearch' with no fields."},
    });
  });

  test('is found by its labels and its display name', async () => {
    const emulator = await startEmulator();
    await created(emulator, 1, {displayName: 'first', labels: {run: 'one', attempt: 'a1'}});
    const {name} = await created(emulator, 1, {displayName: 'second', labels: {run: 'two', attempt: 'a2'}});
    expect(await namesBy(emulator, 'labels.attempt=a2')).toEqual([name]);
    expect(await namesBy(emulator, 'labels.attempt:* AND display_name="sec*"')).toEqual([name]);
    expect(await namesBy(emulator, 'labels.attempt=a3')).toEqual([]);
    expect(await namesBy(emulator, '')).toHaveLength(2);
    const wrong = await call(emulator, `GET ${JOBS}?filter=colour%3Dred`, {headers: TOKEN});
    expect(wrong.status).toBe(400);
  });

  test('is deleted once it is over, and its results stay', async () => {
    const emulator = await startEmulator({behaviour: {running_ms: 1_000}});
    const {name} = await created(emulator, 1);
    expect((await call(emulator, `DELETE /v1/${name}`, {headers: TOKEN})).status).toBe(400);
    emulator.control.advance(1_000);
    expect((await call(emulator, `DELETE /v1/${name}`, {headers: TOKEN})).status).toBe(200);
    expect((await call(emulator, `GET /v1/${name}`, {headers: TOKEN})).status).toBe(404);
    expect(emulator.control.objects()).toHaveLength(2);
  });

  test('is no job of the Gemini API', async () => {
    const emulator = await startEmulator();
    await created(emulator, 1);
    const gemini = await call(emulator, 'GET /v1beta/batches?pageSize=10', {
      headers: {'x-goog-api-key': 'k'},
    });
    expect(gemini.json()).toEqual({});
  });
});

describe('a create', () => {
  test('is refused for a model of another place, or of nobody', async () => {
    const emulator = await startEmulator();
    await put(emulator, lines(1));
    const regional = await create(emulator, {
      model: 'publishers/google/models/gemini-3.5-flash-lite',
      jobs: JOBS.replace('global', 'us-central1'),
    });
    expect(regional.status).toBe(404);
    expect((await create(emulator, {model: 'gemini-2.5-flash-lite'})).status).toBe(404);
    expect((await create(emulator, {model: 'publishers/google/models/nothing'})).status).toBe(400);
    expect(emulator.control.paid()).toEqual([]);
  });

  test('is refused in a fresh project, and without a token', async () => {
    const emulator = await startEmulator({behaviour: {disabled_projects: ['my-project']}});
    expect((await create(emulator)).status).toBe(403);
    expect((await call(emulator, `POST ${JOBS}`, {json: {}})).status).toBe(401);
  });
});

test('gives out access tokens for credentials', async () => {
  const emulator = await startEmulator();
  expect((await call(emulator, 'POST /token', {body: 'grant_type=x'})).json()).toMatchObject({
    token_type: 'Bearer',
  });
  const metadata = await call(emulator, 'GET /computeMetadata/v1/instance/service-accounts/default/token');
  expect([metadata.headers.get('metadata-flavor'), metadata.json()]).toMatchObject([
    'Google',
    {token_type: 'Bearer'},
  ]);
});

function lines(count: number): string {
  return Array.from({length: count}, (_, at) =>
    JSON.stringify({key: `r${at + 1}`, request: {contents: [{parts: [{text: `question ${at}`}]}]}}),
  ).join('\n');
}

async function put(emulator: Emulator, body: string): Promise<void> {
  await call(emulator, 'POST /upload/storage/v1/b/bucket/o?uploadType=media&name=in.jsonl', {
    headers: TOKEN,
    body,
  });
}

interface Wanted {
  readonly displayName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly jobs?: string;
}

function create(
  emulator: Emulator,
  {
    displayName = 'd',
    labels = {run: 'one'},
    model = 'publishers/google/models/gemini-2.5-flash-lite',
    jobs = JOBS,
  }: Wanted = {},
): Promise<Reply> {
  return call(emulator, `POST ${jobs}`, {
    headers: TOKEN,
    json: {
      displayName,
      model,
      labels,
      inputConfig: {instancesFormat: 'jsonl', gcsSource: {uris: ['gs://bucket/in.jsonl']}},
      outputConfig: {predictionsFormat: 'jsonl', gcsDestination: {outputUriPrefix: 'gs://bucket/out/'}},
    },
  });
}

async function created(emulator: Emulator, requests: number, wanted: Wanted = {}): Promise<{name: string}> {
  await put(emulator, lines(requests));
  return (await create(emulator, wanted)).json() as unknown as {name: string};
}

async function got(emulator: Emulator, name: string): Promise<Json> {
  return (await call(emulator, `GET /v1/${name}`, {headers: TOKEN})).json();
}

async function rowsOf(emulator: Emulator, job: Json): Promise<readonly Json[]> {
  const {gcsOutputDirectory} = job['outputInfo'] as {gcsOutputDirectory: string};
  const object = emulator.control.objects().find((name) => name.startsWith(gcsOutputDirectory)) ?? '';
  const path = encodeURIComponent(object.replace('gs://bucket/', ''));
  const {text} = await call(emulator, `GET /storage/v1/b/bucket/o/${path}?alt=media`, {headers: TOKEN});
  return parseLines(text).map((line) => line as Json);
}

async function namesBy(emulator: Emulator, filter: string): Promise<readonly unknown[]> {
  const target = `GET ${JOBS}?filter=${encodeURIComponent(filter)}`;
  const {batchPredictionJobs = []} = (await call(emulator, target, {headers: TOKEN})).json();
  return (batchPredictionJobs as readonly Json[]).map(({name}) => name);
}
