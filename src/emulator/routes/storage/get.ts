import type {Route} from '../../http/call.js';
import {mediaAnswer} from '../files/download.js';
import {checkBucket, objectOf, objectResource} from '../../storage/object-resource.js';

/** `GET /storage/v1/b/{bucket}/o/{object}`: what there is to know of an object. */
export const objectsGet: Route = async (call) => ({json: await objectResource(objectOf(call))});

/** The same with `alt=media`, also below `/download`: its bytes, or the one range that is asked for. */
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
