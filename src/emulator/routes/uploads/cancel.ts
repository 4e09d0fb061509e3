import type {Route} from '../../http/call.js';
import {sessionOf} from './query.js';

/** Gives an upload up: `X-Goog-Upload-Command: cancel`. */
export const uploadCancel: Route = async (call) => {
  const session = sessionOf(call);
  await session.takeOver(() => session.cancel());
  return {headers: {'x-goog-upload-status': session.status}};
};
