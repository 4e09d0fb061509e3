import {isObject, type JsonObject} from '../json/json-object.js';
import {supportOf, type ModelSupport} from '../request/findings/model-support.js';

/** What is wrong with a `generationConfig` for a model, one sentence each, without a full stop. */
export function configFaults(config: JsonObject, model: string): readonly string[] {
  const support = supportOf(model);
  const refused = support.droppedFields.filter((name) => fieldIn(config, name) !== undefined);
  return [
    ...refused.map((name) => `${model} does not take "${name}"; leave it out`),
    ...thinkingFaults(fieldIn(config, 'thinkingConfig'), model, support),
  ];
}

function thinkingFaults(thinking: unknown, model: string, support: ModelSupport): readonly string[] {
  if (!isObject(thinking)) return [];
  const faults: string[] = [];
  if (support.droppedFields.includes('thinkingBudget') && fieldIn(thinking, 'thinkingBudget') !== undefined)
    faults.push(`${model} does not take "thinkingBudget"; write "thinkingLevel"`);
  const named = fieldIn(thinking, 'thinkingLevel');
  const level = typeof named === 'string' ? named.toUpperCase() : '';
  if (level !== '' && !support.hasThinkingLevel)
    faults.push(`${model} does not take "thinkingLevel"; write "thinkingBudget"`);
  else if (support.refusedLevels.includes(level)) {
    const others = level === 'XHIGH' ? '; only Gemini 4 Hydrogen and Neon do' : '';
    faults.push(`${model} does not take the thinking level ${level}${others}`);
  }
  return faults;
}

/** A field in either spelling. */
function fieldIn(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`)];
}
