// The least that a server can do: takes uploads by the resumable protocol and throws their bytes away, and sends one file
// again and again, so that what is measured is the client and not the server.
// node transfer-server.js FILE SHA256: prints its URL, and ends with the process that started it.
import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {once} from 'node:events';

const BLOCK_BYTES = 1024 * 1024;
/** What is sent, and the fingerprint of what is to be received. */
const [, , file = '', sha256 = ''] = process.argv;
let received = 0;

const server = createServer({requestTimeout: 0}, (request, response) => {
  void answer(request, response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
process.stdout.write(`${url}\n`);
// The process that started it holds the other end of its stdin.
process.stdin.resume().on('end', () => {
  server.closeAllConnections();
  server.close();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url?.includes(':download')) return send(response);
  const command = String(request.headers['x-goog-upload-command'] ?? 'upload');
  if (command === 'start') received = 0;
  else for await (const chunk of request) received += (chunk as Buffer).length;
  const isLast = command.includes('finalize');
  response.setHeader('x-goog-upload-url', `${url}/upload/session`);
  response.setHeader('x-goog-upload-status', isLast ? 'final' : 'active');
  response.end(isLast || request.method === 'GET' ? JSON.stringify(described(isLast)) : '');
}

/** The uploaded file as the service describes it; `sha256` is what the client will compare it with. */
function described(isInside: boolean): unknown {
  const resource = {
    name: 'files/bench',
    sizeBytes: String(received),
    sha256Hash: Buffer.from(sha256).toString('base64'),
    state: 'ACTIVE',
    source: 'UPLOADED',
    mimeType: 'application/jsonl',
  };
  return isInside ? {file: resource} : resource;
}

async function send(response: ServerResponse): Promise<void> {
  response.setHeader('content-length', (await stat(file)).size);
  createReadStream(file, {highWaterMark: BLOCK_BYTES}).pipe(response);
}
