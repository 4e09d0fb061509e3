import type {Route} from '../../http/call.js';
import {isObject, textsOf} from '../../http/json.js';
import {mediaAnswer} from '../files/download.js';
import {checkBucket, objectOf, objectResource} from '../../storage/object-resource.js';

/** `GET /storage/v1/b/{bucket}/o/{object}`: what there is to know of an object. */
export const objectsGet: Route = async (call) => ({json: await objectResource(objectOf(call))});

/** `PATCH /storage/v1/b/{bucket}/o/{object}`: changes what its owner notes on an object. */
export const objectsPatch: Route = async (call) => {
  const body = await call.json();
  const file = objectOf(call);
  const {object} = file;
  if (object !== undefined) {
    object.metageneration = (object.metageneration ?? 1) + 1;
    object.updatedMs = call.service.clock.now();
    if (isObject(body['metadata'])) object.metadata = {...object.metadata, ...textsOf(body['metadata'])};
  }
  return {json: await objectResource(file)};
};

/** A get with `alt=media`, also below `/download`: its bytes, or the one range that is asked for. */
export const objectsDownload: Route = async (call) => {
  const file = objectOf(call);
  const {headers = {}, ...answer} = mediaAnswer(call, file);
  return {...answer, headers: {...headers, 'x-goog-generation': file.object?.generation ?? ''}};
};

/** `GET /storage/v1/b/{bucket}` */
export const bucketsGet: Route = async (call) => {
  checkBucket(call, call.id);
  return {
    json: {kind: 'storage#bucket', id: call.id, name: call.id, location: 'US', storageClass: 'STANDARD'},
  };
};
