import type {Answer, Call, Route} from '../../http/call.js';
import {ServiceError} from '../../http/service-error.js';
import {fileResource} from '../../files/stored-file.js';
import type {UploadSession} from '../../files/upload-session.js';

/** Says how far an upload got: `X-Goog-Upload-Command: query`. */
export const uploadQuery: Route = async (call) => {
  if (!call.service.behaviour.has_upload_query) throw new ServiceError(400, 'Unknown upload command: query');
  const session = sessionOf(call);
  return session.takeOver(async () => {
    if (session.status === 'final') return uploadedReply(call, session);
    const received = session.writer.sizeBytes + (call.faults.get('offset_lie')?.bytes ?? 0);
    return {
      headers: {'x-goog-upload-status': session.status, 'x-goog-upload-size-received': String(received)},
    };
  });
};

/** The upload that a call belongs to. */
export function sessionOf({url, service}: Call): UploadSession {
  const session = service.uploads.get(url.searchParams.get('upload_id') ?? '');
  if (session === undefined) throw new ServiceError(404, 'Upload not found.');
  return session;
}

/** The answer to the end of an upload, also when it is asked for again. */
export function uploadedReply({service}: Call, {file, writer}: UploadSession): Answer {
  return {
    headers: {'x-goog-upload-status': 'final', 'x-goog-upload-size-received': String(writer.sizeBytes)},
    json: file === undefined ? {} : {file: fileResource(file, service.behaviour.has_wrong_hash)},
  };
}
