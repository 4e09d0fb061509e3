import {expect, test} from '@jest/globals';
import {inOrderOfCreation} from '../../../../src/lib/domain/job/creation-order.js';
import type {JobRecord} from '../../../../src/lib/domain/job/job-record.js';

function job(name: string, created?: string, rest: Partial<JobRecord> = {}): JobRecord {
  const time = created === undefined ? {} : {create_time: `2026-01-0${created}T00:00:00Z`};
  return {input_file: 'a', count: 1, uploaded_file_name: '', batch: {name, state: '', ...time}, ...rest};
}

const namesOf = (records: readonly JobRecord[]): string =>
  inOrderOfCreation(records)
    .map(({batch}) => batch.name)
    .join('');

test('jobs are in the order of their creation, those without a time as they were recorded', () => {
  expect(namesOf([job('c', '3'), job('a', '1'), job('b', '2')])).toBe('abc');
  expect(namesOf([job('b', '2'), job('x'), job('a', '1')])).toBe('bxa');
  expect(namesOf([job('a', '1'), job('b', '1'), job('c', '1')])).toBe('abc');
  expect(namesOf([job('b', '2'), job('a', undefined, {submitted_at: '2026-01-01T00:00:00Z'})])).toBe('ab');
});

test('the clocks of two services are not compared', () => {
  const service_url = 'http://localhost:1';
  expect(namesOf([job('a', '9', {service_url}), job('b', '1')])).toBe('ab');
  expect(namesOf([job('a', '9', {service_url}), job('b', '1'), job('c', '2', {service_url})])).toBe('abc');
});
