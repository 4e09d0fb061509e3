import type {Route} from '../../http/call.js';
import {objectOf} from '../../storage/object-resource.js';

/** `DELETE /storage/v1/b/{bucket}/o/{object}`; a job that reads it already goes on. */
export const objectsDelete: Route = async (call) => {
  await call.service.files.delete(objectOf(call));
  return {status: 204, stream: nothing()};
};

async function* nothing(): AsyncGenerator<Buffer> {
  // 204 has no body.
}
