import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import {connect, type Socket} from 'node:net';
import {afterEach} from '@jest/globals';

/** A proxy that connects (CONNECT) every host to one address. */
export interface ConnectProxy {
  readonly url: string;
  /** The `host:port` of each connection that was asked for. */
  readonly asked: string[];
  /** Breaks all connections through it. */
  readonly breakAll: () => void;
}

const proxies: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(proxies.splice(0).map((close) => close()));
});

/**
 * Starts a proxy that leads to `target`, whatever it is asked for.
 *
 * @param password - `user:password` without which it answers 407.
 */
export async function useConnectProxy(target: string, password?: string): Promise<ConnectProxy> {
  const {hostname, port} = new URL(target);
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer();
  server.on('connect', (request, client: Socket) => {
    client.on('error', () => undefined);
    asked.push(request.url ?? '');
    const given = request.headers['proxy-authorization'];
    if (password !== undefined && given !== `Basic ${Buffer.from(password).toString('base64')}`) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
      return;
    }
    const behind = connect({host: hostname, port: Number(port)}, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(behind).pipe(client);
    });
    behind.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => behind.destroy());
    sockets.add(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  proxies.push(async () => {
    breakAll();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {url: `http://127.0.0.1:${address.port}`, asked, breakAll};
}
