import type {Route} from '../call.js';
import {ServiceError} from '../service-error.js';
import {finalAnswer, sessionOf} from './upload-chunk.js';

/** Says how far an upload got: `X-Goog-Upload-Command: query`. */
export const uploadQuery: Route = async (call) => {
  if (!call.world.behaviour.has_upload_query) throw new ServiceError(400, 'Unknown upload command: query');
  const session = sessionOf(call);
  if (session.status === 'final') return finalAnswer(call, session);
  return {
    headers: {
      'x-goog-upload-status': session.status,
      'x-goog-upload-size-received': String(session.writer.sizeBytes),
    },
    json: {},
  };
};
