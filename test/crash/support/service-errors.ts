import {OPERATIONS, type Fault, type OperationName} from '../../../src/emulator/control/faults.js';
import type {Emulator} from '../../../src/emulator/http/server.js';

/** What can befall any call. */
const ANYWHERE: readonly Fault[] = [
  {kind: 'status', status: 500},
  {kind: 'status', status: 502, body: '<html>Bad gateway</html>'},
  {kind: 'status', status: 503},
  {kind: 'quota'},
  {kind: 'quota', retry_delay_seconds: 20},
  {kind: 'reset_before'},
  {kind: 'hang_before'},
  {kind: 'reset_after'},
  {kind: 'hang_after'},
  {kind: 'error_after', status: 500},
  {kind: 'error_after', status: 503},
  {kind: 'body_after', text: '{"name": "cut o'},
  {kind: 'body_after', text: ''},
  {kind: 'body_after', text: '<html>A proxy has something to say.</html>', content_type: 'text/html'},
  {kind: 'huge_header', bytes: 64 * 1024},
  {kind: 'delay', ms: 200},
];

/** What befalls some calls only. */
const SPECIAL: Partial<Record<OperationName, readonly Fault[]>> = {
  'upload.chunk': [
    {kind: 'drop_after_bytes', bytes: 100},
    {kind: 'bandwidth', bytes_per_second: 2_000},
  ],
  'upload.query': [{kind: 'offset_lie', bytes: -50}],
  'files.download': [
    {kind: 'drop_after_bytes', bytes: 0},
    {kind: 'drop_after_bytes', bytes: 300},
    {kind: 'bandwidth', bytes_per_second: 2_000},
  ],
};

/** Spoils this share of all calls, each way as often as every other. */
export function errorsEverywhere({control}: Emulator, share: number): void {
  for (const on of OPERATIONS) {
    const faults = [...ANYWHERE, ...(SPECIAL[on] ?? [])];
    for (const fault of faults) control.fault({on, fault, times: null, probability: share / faults.length});
  }
}
