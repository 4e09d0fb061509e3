import {afterEach} from '@jest/globals';
import {createEmulator, type Emulator, type EmulatorOptions} from '../../src/emulator/http/server.js';

/** What came back, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly json: () => Json;
}

/** JSON whose shape a test states by what it expects of it. */
export interface Json {
  readonly [name: string]: unknown;
}

interface Request {
  readonly body?: string | Buffer;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const started: Emulator[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((emulator) => emulator.close()));
});

/** An emulator whose clock only the test moves; it is closed after the test. Its jobs are done as soon as they are asked for. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const behaviour = {pending_ms: 0, running_ms: 0, ...options.behaviour};
  const emulator = await createEmulator({speed: 0, seed: 1, ...options, behaviour});
  started.push(emulator);
  return emulator;
}

/** Sends one request with plain HTTP; `target` is `GET /v1beta/files`, or a method and a whole URL. */
export async function call(
  {url}: Pick<Emulator, 'url'>,
  target: string,
  request: Request = {},
): Promise<Reply> {
  const [method = 'GET', path = '/'] = target.split(' ');
  const body = request.json === undefined ? request.body : JSON.stringify(request.json);
  const response = await fetch(new URL(path, url), {
    method,
    headers: {'x-goog-api-key': 'some-key', ...request.headers},
    ...(body === undefined ? {} : {body}),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: () => JSON.parse(text) as Json,
  };
}

/** Begins an upload. @returns the URL to send its bytes to. */
export async function startUpload(
  emulator: Emulator,
  {
    displayName = 'requests.jsonl',
    mimeType = 'application/jsonl',
    size,
  }: {displayName?: string; mimeType?: string; size?: number} = {},
): Promise<string> {
  const reply = await call(emulator, 'POST /upload/v1beta/files', {
    headers: {
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      ...(size === undefined ? {} : {'x-goog-upload-header-content-length': String(size)}),
    },
    json: {file: {displayName, mimeType}},
  });
  const url = reply.headers.get('x-goog-upload-url');
  if (url === null) throw new Error(`The upload did not start: ${reply.text}`);
  return url;
}

/** Sends bytes of an upload. */
export function sendChunk(
  emulator: Emulator,
  upload: string,
  {command, offset = 0, body}: {command: string; offset?: number; body?: string | Buffer},
): Promise<Reply> {
  return call(emulator, `POST ${upload}`, {
    headers: {'x-goog-upload-command': command, 'x-goog-upload-offset': String(offset)},
    ...(body === undefined ? {} : {body}),
  });
}

/** Uploads a file in one go. @returns its name, `files/…`. */
export async function upload(
  emulator: Emulator,
  content: string,
  displayName = 'requests.jsonl',
): Promise<string> {
  const url = await startUpload(emulator, {displayName});
  const {json} = await sendChunk(emulator, url, {command: 'upload, finalize', body: content});
  const {file} = json();
  return String((file as Json)['name']);
}

/** Lines of a request file, one for each prompt; their keys are `r1`, `r2`, … */
export function requestLines(prompts: readonly string[], config: Json = {}): string {
  return prompts
    .map((text, i) => {
      const request = {contents: [{role: 'user', parts: [{text}]}], ...config};
      return `${JSON.stringify({key: `r${i + 1}`, request})}\n`;
    })
    .join('');
}

export const MODEL = 'gemini-3.5-flash-lite';

/** Asks for a batch job. */
export function create(emulator: Emulator, batch: Json, model = MODEL): Promise<Reply> {
  return call(emulator, `POST /v1beta/models/${model}:batchGenerateContent`, {json: {batch}});
}

/** Uploads a request file and creates its batch job. @returns the job's name, `batches/…`. */
export async function createJob(
  emulator: Emulator,
  {content = requestLines(['one']), displayName = 'job'}: {content?: string; displayName?: string} = {},
): Promise<string> {
  const fileName = await upload(emulator, content);
  const reply = await create(emulator, {displayName, inputConfig: {fileName}});
  if (reply.status !== 200) throw new Error(`No job was created: ${reply.text}`);
  return String(reply.json()['name']);
}

/** The job as `batches.get` answers it. */
export async function getJob(emulator: Emulator, name: string): Promise<Json> {
  const reply = await call(emulator, `GET /v1beta/${name}`);
  return reply.json();
}

/** The part of the job that tells of its state. */
export async function metadataOf(emulator: Emulator, name: string): Promise<Json> {
  const {metadata} = await getJob(emulator, name);
  return metadata as Json;
}

/** Rows of a job's result file, as they are in it. */
export async function resultRows(emulator: Emulator, job: string): Promise<readonly string[]> {
  const id = job.replace('batches/', '');
  const {text} = await call(emulator, `GET /v1beta/files/batch-${id}:download?alt=media`);
  return text.split('\n').filter((row) => row !== '');
}
