/**
 * What families of models refuse or silently ignore in `generationConfig`, as far as it is known (release notes of Gemini 3.8
 * and 4, July to November 2026). For a model that nobody has heard of there is no rule.
 */
import {isObject, type JsonObject} from '../json/json-object.js';

/** Fields that the families from 3.8 on do not take. */
const SAMPLING = ['temperature', 'topP', 'topK', 'candidateCount'];

interface ModelFamily {
  readonly version: number;
  /** What follows the number: `flash-lite`, `hydrogen`. */
  readonly variant: string;
}

/** What is wrong with a configuration for a model, one sentence each, without a full stop. */
export function configFaults(config: JsonObject, model: string): readonly string[] {
  const family = familyOf(model);
  if (family === undefined) return [];
  const {version} = family;
  const faults: string[] = [];
  if (version >= 3.8) {
    const refused = SAMPLING.filter((name) => fieldIn(config, name) !== undefined);
    faults.push(...refused.map((name) => `${model} does not take "${name}"; leave it out`));
  }
  return [...faults, ...thinkingFaults(fieldIn(config, 'thinkingConfig'), model, family)];
}

function thinkingFaults(
  thinking: unknown,
  model: string,
  {version, variant}: ModelFamily,
): readonly string[] {
  if (!isObject(thinking)) return [];
  const faults: string[] = [];
  const named = fieldIn(thinking, 'thinkingLevel');
  const level = typeof named === 'string' ? named.toUpperCase() : '';
  const hasBudget = fieldIn(thinking, 'thinkingBudget') !== undefined;
  if (hasBudget && version >= 3.8)
    faults.push(`${model} does not take "thinkingBudget"; write "thinkingLevel"`);
  if (level !== '' && version < 3)
    faults.push(`${model} does not take "thinkingLevel"; write "thinkingBudget"`);
  if (level === 'MINIMAL' && version >= 3.7) faults.push(`${model} does not take the thinking level MINIMAL`);
  if (level === 'XHIGH' && version >= 3 && !/^(?:hydrogen|neon)/u.test(variant)) {
    faults.push(`${model} does not take the thinking level XHIGH; only Gemini 4 Hydrogen and Neon do`);
  }
  return faults;
}

function familyOf(model: string): ModelFamily | undefined {
  const {version, variant = ''} =
    /^(?:models\/)?gemini-(?<version>\d+(?:\.\d+)?)(?:-(?<variant>.*))?$/u.exec(model)?.groups ?? {};
  return version === undefined ? undefined : {version: Number(version), variant};
}

/** A field in either spelling. */
function fieldIn(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`)];
}
