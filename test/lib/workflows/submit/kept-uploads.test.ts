import {expect, test} from '@jest/globals';
import type {BatchService} from '../../../../src/lib/services/batch-service.js';
import {KeptUploads} from '../../../../src/lib/workflows/submit/kept-uploads.js';
import {ManualClock} from '../../../helpers/manual-clock.js';

/** Uploads that are kept, and the names of those that were deleted. */
function kept(most: number) {
  const clock = new ManualClock();
  const deleted: string[] = [];
  const deleteFile = async (name: string): Promise<'deleted'> => {
    deleted.push(name);
    return 'deleted';
  };
  const store = {glance: () => ({records: [], openIntents: [], problems: []})};
  const client = {deleteFile} as Partial<BatchService> as BatchService;
  const uploads = new KeptUploads({client, store, clock}, most);
  const keep = (file: string): Promise<string | undefined> =>
    uploads.keep(file, {name: `files/${file}`, sha256: 's', sizeBytes: 10, uploadedMs: clock.monotonic()});
  return {clock, deleted, uploads, keep};
}

test('an upload is used once, for the content that it was made from', async () => {
  const {uploads, keep, deleted} = kept(2);
  await keep('a');
  await keep('b');
  expect(uploads.sizeBytes).toBe(20);
  expect(await uploads.take('a', 's')).toMatchObject({name: 'files/a'});
  expect(await uploads.take('a', 's')).toBeUndefined();
  expect(await uploads.take('b', 'other')).toBeUndefined();
  expect(deleted).toEqual(['files/b']);
});

test('an upload that is older than a day is deleted and made anew', async () => {
  const {clock, uploads, keep, deleted} = kept(2);
  await keep('a');
  await clock.advance(24 * 3_600_000);
  expect(await uploads.take('a', 's')).toBeDefined();
  await keep('b');
  await clock.advance(24 * 3_600_000 + 1);
  expect(await uploads.take('b', 's')).toBeUndefined();
  expect(deleted).toEqual(['files/b']);
});

test('only so many are kept, and none at the end', async () => {
  const {uploads, keep, deleted} = kept(2);
  for (const file of ['a', 'b', 'c']) await keep(file);
  expect(deleted).toEqual(['files/a']);
  await uploads.discardAll();
  expect(deleted).toEqual(['files/a', 'files/b', 'files/c']);
});
