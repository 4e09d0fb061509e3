import type {Emulator} from '../../src/emulator/http/server.js';
import {requestLines} from '../helpers/request-files.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** An emulator whose jobs run for a second of its time, and a request file in it: `gs://bucket/in.jsonl`, of four requests. */
export async function emulatorWithInput(): Promise<Emulator> {
  const behaviour = {pending_ms: 0, running_ms: 1_000};
  const {emulator} = await useEmulator({seed: 1, speed: 0, behaviour});
  await fetch(`${emulator.url}/upload/storage/v1/b/bucket/o?uploadType=media&name=in.jsonl`, {
    method: 'POST',
    headers: {authorization: 'Bearer t'},
    body: requestLines(4),
  });
  return emulator;
}
