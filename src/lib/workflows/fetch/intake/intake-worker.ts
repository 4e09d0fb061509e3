/**
 * The thread that checks result files. It is sent a port for each file; on that comes first the file, and then again and
 * again how much of it is written. The last of these is answered with what the file is. A port that closes says that it
 * could not be read.
 */
import {parentPort, type MessagePort} from 'node:worker_threads';
import type {GrowingResult, TrailingIntake} from './trailing-intake.js';

/** How much of the file is written. */
export interface Growth {
  readonly writtenBytes: number;
  readonly isWhole: boolean;
}

// A chunk of its own: what a thread imports at once would be in none of those that the commands share.
const {TrailingIntake: Intake} = await import('./trailing-intake.js');

parentPort?.on('message', (port: MessagePort) => {
  const givenUp = new AbortController();
  let opened: Promise<TrailingIntake> | undefined;
  let work: Promise<void> = Promise.resolve();
  const take = async (message: GrowingResult | Growth): Promise<void> => {
    if ('path' in message) {
      opened = Intake.open(message);
      await opened;
      return;
    }
    const intake = await opened;
    await intake?.readTo(message.writtenBytes, givenUp.signal);
    if (message.isWhole) port.postMessage(await intake?.finish());
  };
  port.on('message', (message: GrowingResult | Growth) => {
    work = work.then(() => take(message)).catch(() => port.close());
  });
  port.on('close', () => {
    givenUp.abort();
    void work.then(async () => (await opened)?.close()).catch(() => undefined);
  });
});
