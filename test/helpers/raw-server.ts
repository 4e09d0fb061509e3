import {once} from 'node:events';
import {createServer, type Server, type Socket} from 'node:net';
import {afterEach} from '@jest/globals';

const servers = new Map<Server, Set<Socket>>();

afterEach(async () => {
  for (const [server, sockets] of servers) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
  servers.clear();
});

/**
 * A server that answers each request with whatever bytes it likes, which no HTTP server would send.
 *
 * @param answer - called when a request has begun, with its first bytes.
 * @returns its base URL.
 */
export async function useRawServer(answer: (socket: Socket, request: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (/^[A-Z]+ \//u.test(text)) answer(socket, text);
    });
  });
  servers.set(server, sockets);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

/** The bytes of an answer with this body. */
export function httpAnswer(body: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const all = {'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers};
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 200 OK\r\n${lines.join('')}\r\n${body}`;
}

/** Sends something again and again, as fast as the other side takes it, until the connection is closed. */
export function sendWithoutEnd(socket: Socket, piece: string | Buffer): void {
  while (!socket.destroyed && socket.write(piece));
  if (!socket.destroyed) socket.once('drain', () => sendWithoutEnd(socket, piece));
}

/** Sends a byte each so many milliseconds, until the connection is closed. */
export function trickle(socket: Socket, everyMs: number, byte = ' '): void {
  const timer = setInterval(() => socket.write(byte), everyMs);
  socket.on('close', () => clearInterval(timer));
}
