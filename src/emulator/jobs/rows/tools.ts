import {field, isObject, type Json} from '../../http/json.js';

/** Whether a request lets the model use a tool, named as `googleSearch`. */
export function hasTool({tools}: Json, name: string): boolean {
  return Array.isArray(tools) && tools.some((tool) => isObject(tool) && field(tool, name) !== undefined);
}
