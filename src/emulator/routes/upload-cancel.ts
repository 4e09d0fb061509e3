import type {Route} from '../call.js';
import {sessionOf} from './upload-chunk.js';

/** Gives an upload up: `X-Goog-Upload-Command: cancel`. */
export const uploadCancel: Route = async (call) => {
  const session = sessionOf(call);
  if (session.status === 'active') {
    session.status = 'cancelled';
    await session.writer.discard();
  }
  return {headers: {'x-goog-upload-status': 'cancelled'}, json: {}};
};
