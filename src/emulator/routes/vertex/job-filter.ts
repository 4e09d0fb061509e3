import {ServiceError} from '../../http/service-error.js';
import type {Job} from '../../jobs/job.js';
import {vertexJobResource} from './job-resource.js';

type Filter = (job: Job, nowMs: number) => boolean;

/** One comparison: `labels.key=value`, `labels.key:*`, `display_name="x"`, `display_name:"x*"`, `state="…"`. */
const TERM =
  /^(?<field>labels\.[\w-]+|display_name|displayName|state)\s*(?<operator>!=|=|:)\s*(?<value>"(?:[^"\\]|\\.)*"|[^\s"]+)$/u;

/**
 * Reads the filter of a list: comparisons that are joined with AND. What it does not know is an error, so that nobody takes the
 * whole list for what was asked for.
 *
 * @throws ServiceError 400
 */
export function filterOf(text: string): Filter {
  if (text.trim() === '') return () => true;
  const terms = text.split(/\s+AND\s+/u).map(termOf);
  return (job, nowMs) => terms.every((isMet) => isMet(job, nowMs));
}

function termOf(text: string): Filter {
  const {field = '', operator, value: written = ''} = TERM.exec(text.trim())?.groups ?? {};
  if (operator === undefined) throw new ServiceError(400, `Invalid filter: ${text}`);
  const value = written.startsWith('"') ? written.slice(1, -1).replaceAll(/\\(.)/gu, '$1') : written;
  return (job, nowMs) => isMet(valueOf(job, field, nowMs), operator, value);
}

function valueOf(job: Job, field: string, nowMs: number): string | undefined {
  if (field.startsWith('labels.')) return job.vertex?.labels[field.slice('labels.'.length)];
  return field === 'state' ? String(vertexJobResource(job, nowMs)['state']) : job.displayName;
}

function isMet(actual: string | undefined, operator: string, value: string): boolean {
  if (operator === '!=') return actual !== value;
  if (actual === undefined) return false;
  if (operator === '=' && !value.includes('*')) return actual === value;
  const pattern = value.split('*').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`));
  return new RegExp(`^${pattern.join('.*')}$`, 'u').test(actual);
}
