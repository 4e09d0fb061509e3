import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import type {JobRecord} from '../../../domain/job/job-record.js';
import {caseFolded} from './records-by-name.js';
import {isAmong, plainTarget, type TargetRules} from './result-target.js';

/**
 * Whether something stands at the place of a job's results that no record names: a run that was killed may have put the results of
 * another job of the request file there, which are recorded when that job is fetched.
 */
export function hasUnrecordedFile(record: JobRecord, rules: TargetRules): boolean {
  const place = plainTarget(record, rules);
  const recorded = rules.records
    .withResults(record, new Set([caseFolded(basename(place))]))
    .flatMap(({results}) => (results === undefined ? [] : [rules.store.resolveInput(results.file)]));
  return !isAmong(place, recorded) && existsSync(place);
}
