import type {Call, Route} from '../call.js';
import {ServiceError} from '../service-error.js';
import {fileResource} from '../stored-file.js';
import {throttled} from '../throttle.js';
import type {UploadSession} from '../world.js';

/** Takes bytes of an upload, and ends it: `X-Goog-Upload-Command: upload` and `upload, finalize`. */
export const uploadChunk: Route = async (call) => {
  const session = sessionOf(call);
  const {request, world} = call;
  if (session.status !== 'active') throw new ServiceError(400, `Upload has already been ${session.status}.`);
  const commands = String(request.headers['x-goog-upload-command'] ?? '').split(/,\s*/u);
  const offset = Number(request.headers['x-goog-upload-offset'] ?? 0);
  if (offset !== session.writer.sizeBytes) {
    throw new ServiceError(
      400,
      `Invalid offset ${offset}: the upload has ${session.writer.sizeBytes} bytes.`,
    );
  }
  if (commands.includes('upload')) {
    for await (const chunk of throttled(request, call.fault)) await session.writer.write(chunk);
  }
  if (!commands.includes('finalize')) return {headers: {'x-goog-upload-status': 'active'}, json: {}};

  session.status = 'final';
  session.file = world.addFile({
    ...(await session.writer.finish()),
    name: session.fileName,
    displayName: session.displayName,
    mimeType: session.mimeType,
    createdMs: world.clock.now(),
    isGenerated: false,
  });
  return finalAnswer(call, session);
};

/** The upload that a call belongs to. */
export function sessionOf({url, world}: Call): UploadSession {
  const session = world.uploads.get(url.searchParams.get('upload_id') ?? '');
  if (session === undefined) throw new ServiceError(404, 'Upload not found.');
  return session;
}

/** The answer to the end of an upload. */
export function finalAnswer({world}: Call, {file}: UploadSession): Awaited<ReturnType<Route>> {
  return {
    headers: {'x-goog-upload-status': 'final'},
    json: file === undefined ? {} : {file: fileResource(file, world.behaviour.has_wrong_hash)},
  };
}
