import {findJsonFault} from '../../domain/json/json-fault.js';
import type {KeyReader} from '../../domain/request-key/key-reader.js';
import type {AnswerCheck, AnswerFault, CheckOfKey} from '../../domain/result/row-reader.js';
import type {SchemaCheck} from './schema-check.js';

/** Compiling takes milliseconds each: where every request has a schema of its own, the answers to further ones have to be JSON, and no more. */
const MOST_SCHEMAS = 1_000;
const MOST_MESSAGE = 300;

/** Makes the checks for what the requests of a file ask of their answers. */
export async function answerChecks(requests: Pick<KeyReader, 'forms' | 'formOf'>): Promise<CheckOfKey> {
  const {forms} = requests;
  if (forms.length === 0) return () => undefined;
  const {createSchemaCompiler} = await import('./schema-check.js');
  const compile = forms.some(({schema}) => schema !== null) ? await createSchemaCompiler() : undefined;
  const checks: (AnswerCheck | undefined)[] = [];
  return (key) => {
    const number = requests.formOf(key);
    const form = forms[number - 1];
    if (form === undefined) return undefined;
    const {schema} = form;
    const isCompiled = schema !== null && number <= MOST_SCHEMAS;
    return (checks[number] ??= answerCheck(isCompiled ? compile?.(schema) : undefined));
  };
}

function answerCheck(fits: SchemaCheck | undefined): AnswerCheck {
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return fault('not_json', `the answer is not JSON: ${whyNotJson(text)}`);
    }
    const mismatch = fits?.(value, text.length);
    return mismatch === undefined
      ? undefined
      : fault('schema_mismatch', `the answer does not fit its schema: ${mismatch}`);
  };
}

function whyNotJson(text: string): string {
  if (/^\s*```/u.test(text)) return 'it is in a code fence';
  const {reason, isCutOff} = findJsonFault(text);
  return isCutOff ? 'it is cut off' : reason;
}

function fault(outcome: AnswerFault['outcome'], message: string): AnswerFault {
  return {outcome, message: message.length > MOST_MESSAGE ? `${message.slice(0, MOST_MESSAGE)}…` : message};
}
