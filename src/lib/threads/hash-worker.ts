/**
 * The thread that hashes. It is sent a port for each file; on that come the chunks of the file, each answered with null when
 * it is hashed, and then null, which is answered with the SHA-256 of all.
 */
import {createHash} from 'node:crypto';
import {parentPort, type MessagePort} from 'node:worker_threads';

parentPort?.on('message', (port: MessagePort) => {
  const hash = createHash('sha256');
  port.on('message', (chunk: Uint8Array | null) => {
    if (chunk !== null) hash.update(chunk);
    port.postMessage(chunk === null ? hash.digest('hex') : null);
  });
});
