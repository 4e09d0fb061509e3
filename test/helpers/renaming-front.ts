import {once} from 'node:events';
import {createServer, request as send, type Server} from 'node:http';
import {afterEach} from '@jest/globals';

const fronts: Server[] = [];

afterEach(async () => {
  for (const front of fronts.splice(0)) {
    front.closeAllConnections();
    front.close();
    await once(front, 'close');
  }
});

/**
 * Makes an emulator answer to any name: it answers nobody who calls it by another one than that of this machine.
 *
 * @param onCall - is told of each call before it is passed on.
 */
export async function useRenamingFront(
  emulatorUrl: string,
  onCall: (call: {method: string; path: string}) => void = () => undefined,
): Promise<string> {
  const {hostname, port, host} = new URL(emulatorUrl);
  const front = createServer((request, response) => {
    const {method = 'GET', url: path = '/', headers} = request;
    onCall({method, path});
    const passed = send({hostname, port, path, method, headers: {...headers, host}}, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  });
  fronts.push(front);
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  if (address === null || typeof address === 'string') throw new Error('The front has no port.');
  return `http://127.0.0.1:${address.port}`;
}
