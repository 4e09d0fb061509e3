import type {Route} from '../../http/call.js';
import {ServiceError} from '../../http/service-error.js';
import {checkBucket, objectResource} from '../../storage/object-resource.js';

const MAX_RESULTS = 1_000;

/** `GET /storage/v1/b/{bucket}/o`, in the order of the names, https://cloud.google.com/storage/docs/json_api/v1/objects/list. */
export const objectsList: Route = async (call) => {
  const {service, url, id: bucket} = call;
  checkBucket(call, bucket);
  const {searchParams} = url;
  const size = Number(searchParams.get('maxResults') ?? MAX_RESULTS);
  if (!Number.isInteger(size) || size < 1) throw new ServiceError(400, 'Invalid argument: maxResults');
  const after = Buffer.from(searchParams.get('pageToken') ?? '', 'base64url').toString();
  const found = service.files
    .objects(`gs://${bucket}/${searchParams.get('prefix') ?? ''}`)
    .filter(({name}) => name > after);
  const page = found.slice(0, Math.min(size, MAX_RESULTS));
  const last = page.at(-1)?.name ?? '';
  return {
    json: {
      kind: 'storage#objects',
      ...(page.length === 0 ? {} : {items: await Promise.all(page.map(objectResource))}),
      ...(page.length === found.length ? {} : {nextPageToken: Buffer.from(last).toString('base64url')}),
    },
  };
};
