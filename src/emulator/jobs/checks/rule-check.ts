/** Checks what comes as JSON from outside to steer the emulator: each mistake is named, nothing is passed over. */
import {DEFAULT_BEHAVIOUR, type Behaviour} from '../../control/behaviour.js';
import {OPERATIONS, type Fault, type FaultRule} from '../../control/faults.js';
import {isObject, type Json} from '../../http/json.js';
import {FINAL_STATES, ROW_FAULTS, type OutcomeRule} from '../rows/outcomes.js';
import type {ClockSetting} from '../../control/clock.js';
import type {Scenario} from '../../control/scenario.js';
import {ServiceError} from '../../http/service-error.js';
import type {ObjectForm} from '../../storage/made-objects.js';

/** Says what is wrong with a value, as `must be a text`; undefined when nothing is. */
type Check = (value: unknown) => string | undefined;

/** Checks of the fields of an object; one that is marked may be missing. */
type Fields = Readonly<Record<string, Check | {readonly optional: Check}>>;

const number: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'must be a number from 0';
const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 1 ? undefined : 'must be a whole number from 1';
const anyNumber: Check = (value) => (typeof value === 'number' ? undefined : 'must be a number');
const text: Check = (value) => (typeof value === 'string' ? undefined : 'must be a text');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const anything: Check = () => undefined;
const textMap: Check = (value) =>
  isObject(value) && Object.values(value).every((entry) => typeof entry === 'string')
    ? undefined
    : 'must be an object of texts';
const share: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'must be a number from 0 to 1';
/** Fields of each kind of fault, beside `kind`. */
const FAULT_FIELDS: Readonly<Record<Fault['kind'], Fields>> = {
  status: {status: number, body: optional(anything), headers: optional(textMap)},
  quota: {retry_delay_seconds: optional(number)},
  reset_before: {},
  hang_before: {},
  reset_after: {},
  hang_after: {},
  error_after: {status: number},
  body_after: {text, status: optional(number), content_type: optional(text)},
  endless_body: {},
  huge_header: {bytes: number},
  offset_lie: {bytes: anyNumber},
  drop_after_bytes: {bytes: number},
  delay: {ms: number},
  latency: {ms: number},
  bandwidth: {bytes_per_second: number},
};

const fault: Check = (value) => {
  if (!isObject(value)) return 'must be an object with a "kind"';
  const {kind, ...rest} = value;
  const [, fields] = Object.entries(FAULT_FIELDS).find(([name]) => name === kind) ?? [];
  return fields === undefined
    ? object({kind: oneOf(Object.keys(FAULT_FIELDS))})({kind})
    : object(fields)(rest);
};

const TIMING_FIELDS: Fields = {
  pending_ms: optional(number),
  running_ms: optional(number),
  list_delay_ms: optional(number),
  list_delay_calls: optional(number),
  output_delay_ms: optional(number),
};

const faultRule = object({
  on: oneOf(OPERATIONS),
  fault,
  match: optional(text),
  skip: optional(number),
  times: optional((value) => (value === null ? undefined : number(value))),
  probability: optional(share),
});

const outcomeRule = object({
  ...TIMING_FIELDS,
  match: optional(text),
  state: optional(oneOf(FINAL_STATES)),
  error: optional(object({code: number, message: text})),
  has_output: optional(flag),
  rows: optional(
    listOf(
      object({
        fault: oneOf(ROW_FAULTS),
        keys: optional(listOf(text)),
        share: optional(share),
        above_requests: optional(number),
      }),
    ),
  ),
});

const model = object({
  id: text,
  batch: oneOf(['generate', 'embed', 'none']),
  served_by: optional(text),
});

const behaviour = object({
  ...Object.fromEntries(
    Object.entries(DEFAULT_BEHAVIOUR).map(([name, value]) => [
      name,
      optional(typeof value === 'boolean' ? flag : number),
    ]),
  ),
  models: optional(listOf(model)),
  invalid_keys: optional(listOf(text)),
  refused_mime_types: optional(listOf(text)),
  missing_buckets: optional(listOf(text)),
  disabled_projects: optional(listOf(text)),
});

/** Reads a fault rule. @throws ServiceError 400 */
export const faultRuleOf = reader<FaultRule>('The fault rule', faultRule);

/** Reads an outcome rule. @throws ServiceError 400 */
export const outcomeRuleOf = reader<OutcomeRule>('The outcome rule', outcomeRule);

/** Reads changes of the behaviour. @throws ServiceError 400 */
export const behaviourOf = reader<Partial<Behaviour>>('The behaviour', behaviour);

/** Reads a setting of the clock. @throws ServiceError 400 */
export const clockSettingOf = reader<ClockSetting>(
  'The setting of the clock',
  object({advance_ms: optional(number), speed: optional(number)}),
);

/** Reads which objects are to be made. @throws ServiceError 400 */
export const objectFormOf = reader<ObjectForm>(
  'The form of the objects',
  object({address: text, count, size_bytes: count, requests: count}),
);

/** Reads what an emulator starts with. @throws ServiceError 400 */
export const scenarioOf = reader<Scenario>(
  'The scenario',
  object({
    behaviour: optional(behaviour),
    faults: optional(listOf(faultRule)),
    outcomes: optional(listOf(outcomeRule)),
  }),
);

function reader<T>(name: string, check: Check): (value: unknown) => T {
  const isRight = (value: unknown): value is T => check(value) === undefined;
  return (value) => {
    if (isRight(value)) return value;
    throw new ServiceError(400, `${name} ${check(value) ?? ''}.`);
  };
}

function object(fields: Fields): Check {
  return (value) => {
    if (!isObject(value)) return 'must be an object';
    const wrong = wrongField(value, fields);
    return wrong === undefined ? undefined : `is wrong: ${wrong}`;
  };
}

function wrongField(value: Json, fields: Fields): string | undefined {
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined)
    return `it has no field "${unknown}", but these: ${Object.keys(fields).join(', ')}`;
  for (const [name, field] of Object.entries(fields)) {
    const [check, isOptional] = typeof field === 'function' ? [field, false] : [field.optional, true];
    if (value[name] === undefined && isOptional) continue;
    const wrong = value[name] === undefined ? 'is missing' : check(value[name]);
    if (wrong !== undefined) return `"${name}" ${wrong}`;
  }
  return undefined;
}

function listOf(check: Check): Check {
  return (value) =>
    Array.isArray(value) ? value.map(check).find((wrong) => wrong !== undefined) : 'must be a list';
}

function oneOf(choices: readonly string[]): Check {
  return (value) =>
    typeof value === 'string' && choices.includes(value) ? undefined : `must be one of ${choices.join(', ')}`;
}

function optional(check: Check): {readonly optional: Check} {
  return {optional: check};
}
