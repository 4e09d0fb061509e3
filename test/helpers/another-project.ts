import type {EmulatorControl} from '../../src/emulator/control/control.js';

const NOT_FOUND = {error: {code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND'}};

/** From now on the service answers as it does to the API key of another project; `clearFaults` ends it. */
export function becomeAnotherProject(control: EmulatorControl): void {
  control.fault({on: 'batches.list', times: null, fault: {kind: 'body_after', text: '{}'}});
  for (const name of control.files()) {
    const match = name.slice('files/'.length);
    const message = `You do not have permission to access the File ${match} or it may not exist.`;
    const body = {error: {code: 403, message, status: 'PERMISSION_DENIED'}};
    control.fault({on: 'files.get', match, times: null, fault: {kind: 'status', status: 403, body}});
  }
  for (const on of ['batches.get', 'files.download'] as const)
    control.fault({on, times: null, fault: {kind: 'status', status: 404, body: NOT_FOUND}});
}
