import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {createServer, type Server} from 'node:tls';
import {afterEach} from '@jest/globals';
import {ROOT} from './run-cli.js';

/** The certificate of the front, which no client trusts without being told. */
export const CERTIFICATE = join(ROOT, 'test/fixtures/tls/certificate.pem');
const KEY = join(ROOT, 'test/fixtures/tls/key.pem');

const fronts: Server[] = [];

afterEach(async () => {
  for (const front of fronts.splice(0)) {
    front.close();
    await once(front, 'close');
  }
});

/** Puts TLS before a plain HTTP server at `url`, as the service has it. Returns the secure URL. */
export async function useTlsFront(url: string): Promise<string> {
  const {hostname, port} = new URL(url);
  const front = createServer({key: readFileSync(KEY), cert: readFileSync(CERTIFICATE)}, (socket) => {
    const behind = connect({host: hostname, port: Number(port)});
    socket.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  fronts.push(front);
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  if (address === null || typeof address === 'string') throw new Error('The front has no port.');
  return `https://localhost:${address.port}`;
}
