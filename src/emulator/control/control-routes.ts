/** Steering the emulator over HTTP: the methods of `EmulatorControl` below `/emulator/`. */
import type {IncomingMessage} from 'node:http';
import {readJson} from '../http/body.js';
import type {EmulatorControl} from './control.js';
import type {Json} from '../http/json.js';
import {
  behaviourOf,
  clockSettingOf,
  faultRuleOf,
  objectFormOf,
  outcomeRuleOf,
} from '../jobs/checks/rule-check.js';
import {ServiceError} from '../http/service-error.js';

type Action = (control: EmulatorControl, body: Json) => unknown;

const ACTIONS: Readonly<Record<string, Action>> = {
  'GET paid': (control) => ({paid: control.paid(), open_peaks: control.openPeaks()}),
  'GET requests': (control) => ({
    requests: control.requests(),
    counts: control.counts(),
    peaks: control.peaks(),
  }),
  'GET files': (control) => ({files: control.files()}),
  'GET objects': (control) => ({objects: control.objects()}),
  'POST objects': (control, body) => control.makeObjects(objectFormOf(body)),
  'GET jobs': (control) => ({jobs: control.jobs()}),
  'POST faults': (control, body) => control.fault(faultRuleOf(body)),
  'DELETE faults': (control) => control.clearFaults(),
  'POST outcomes': (control, body) => control.outcome(outcomeRuleOf(body)),
  'DELETE outcomes': (control) => control.clearOutcomes(),
  'GET behaviour': (control) => control.behaviour(),
  'POST behaviour': (control, body) => {
    control.behave(behaviourOf(body));
    return control.behaviour();
  },
  'GET clock': (control) => control.time(),
  'POST clock': (control, body) => {
    control.setClock(clockSettingOf(body));
    return control.time();
  },
  'POST reset': (control) => control.reset(),
};

/**
 * Answers a request below `/emulator/`.
 *
 * @throws ServiceError 400 for what is wrong with the body, 404 with a list of what there is.
 */
export async function answerControl(
  control: EmulatorControl,
  request: IncomingMessage,
  path: string,
): Promise<unknown> {
  const name = `${request.method} ${path.replace(/^\/emulator\/?/u, '')}`;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined)
    throw new ServiceError(
      404,
      `The emulator has no control "${name}", but these: ${Object.keys(ACTIONS).join(', ')}.`,
    );
  return (await action(control, await readJson(request))) ?? {};
}
