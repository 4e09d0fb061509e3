/** Does to a call what its faults say, apart from those of transfers, which the routes know. */
import type {ServerResponse} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {untilWritable} from '../http/body.js';
import type {CallFaults} from './faults.js';
import {quotaExceeded, ServiceError} from '../http/service-error.js';

/** An emulator that is ended does not wait for a call that a fault holds up. */
const UNHELD = {ref: false};

/** Does what comes before a call has any effect; true when that ends it. The call came at `cameMs`. */
export async function isEndedBefore(
  faults: CallFaults,
  response: ServerResponse,
  cameMs: number,
): Promise<boolean> {
  const delay = faults.get('delay');
  if (delay !== undefined) await sleep(delay.ms, undefined, UNHELD);
  if (faults.get('hang_before') !== undefined) return true;
  const [broken, quota, refusal] = [faults.get('reset_before'), faults.get('quota'), faults.get('status')];
  if (broken ?? quota ?? refusal) await awaitLatency(faults, cameMs);
  if (broken !== undefined) return reset(response);
  if (quota !== undefined) throw quotaExceeded({retryDelaySeconds: quota.retry_delay_seconds});
  if (refusal === undefined) return false;
  const {status, body, headers = {}} = refusal;
  if (body === undefined) throw new ServiceError(status, 'An injected fault.');
  const isText = typeof body === 'string';
  response.writeHead(status, {'content-type': isText ? 'text/html' : 'application/json', ...headers});
  response.end(isText ? body : JSON.stringify(body));
  return true;
}

/** Waits until a call that came at this moment, of `performance.now()`, may be answered. */
export async function awaitLatency(faults: CallFaults, cameMs: number): Promise<void> {
  const latency = faults.get('latency');
  if (latency !== undefined)
    await sleep(Math.max(0, cameMs + latency.ms - performance.now()), undefined, UNHELD);
}

/** Does what happens to the answer of a call that took effect; true when nothing else is to be answered. */
export async function isEndedAfter(faults: CallFaults, response: ServerResponse): Promise<boolean> {
  if (faults.get('hang_after') !== undefined) return true;
  if (faults.get('reset_after') !== undefined) return reset(response);
  const failure = faults.get('error_after');
  if (failure !== undefined) throw new ServiceError(failure.status, 'An injected fault.');
  const header = faults.get('huge_header');
  if (header !== undefined) response.setHeader('x-filler', 'x'.repeat(header.bytes));
  const body = faults.get('body_after');
  if (body !== undefined) {
    response.writeHead(body.status ?? 200, {'content-type': body.content_type ?? 'application/json'});
    response.end(body.text);
    return true;
  }
  if (faults.get('endless_body') === undefined) return false;
  await answerWithoutEnd(response);
  return true;
}

function reset(response: ServerResponse): true {
  response.req.socket.resetAndDestroy();
  return true;
}

async function answerWithoutEnd(response: ServerResponse): Promise<void> {
  const piece = Buffer.alloc(64 * 1024, ' ');
  response.writeHead(200, {'content-type': 'application/json'});
  while (!response.destroyed) if (!response.write(piece)) await untilWritable(response);
}
