import {receive} from '../../http/body.js';
import type {Answer, Call, Route} from '../../http/call.js';
import {ServiceError} from '../../http/service-error.js';
import {throttled} from '../../http/throttle.js';
import type {UploadSession} from '../../files/upload-session.js';
import {sessionOf, uploadedReply} from './query.js';
import {GRANULARITY_BYTES} from './start.js';

/** Takes bytes of an upload, and ends it: `X-Goog-Upload-Command: upload`, `upload, finalize` and `finalize`. */
export const uploadChunk: Route = (call) => {
  const session = sessionOf(call);
  return session.takeOver((brokenOff) => takeChunk(call, session, brokenOff));
};

async function takeChunk(call: Call, session: UploadSession, brokenOff: AbortSignal): Promise<Answer> {
  const {headers} = call.request;
  const command = String(headers['x-goog-upload-command'] ?? '');
  session.checkActive();
  const isLast = command.includes('finalize');
  if (command.includes('upload')) {
    checkOffset(session, Number(headers['x-goog-upload-offset'] ?? 0));
    checkLength(isLast, headers['content-length']);
    await writeBytes(call, session, brokenOff);
  }
  if (!isLast)
    return {
      headers: {
        'x-goog-upload-status': 'active',
        'x-goog-upload-chunk-granularity': String(GRANULARITY_BYTES),
      },
    };
  await finish(call, session);
  return uploadedReply(call, session);
}

function checkOffset({writer}: UploadSession, offset: number): void {
  if (offset !== writer.sizeBytes)
    throw new ServiceError(400, `Invalid offset ${offset}: the upload has ${writer.sizeBytes} bytes.`);
}

function checkLength(isLast: boolean, length: string | undefined): void {
  if (isLast || length === undefined || Number(length) % GRANULARITY_BYTES === 0) return;
  throw new ServiceError(
    400,
    `A chunk that is not the last one must be a multiple of ${GRANULARITY_BYTES} bytes, not ${length}.`,
  );
}

async function writeBytes(
  {request, faults, logged, service}: Call,
  {writer}: UploadSession,
  brokenOff: AbortSignal,
): Promise<void> {
  brokenOff.addEventListener('abort', () => request.destroy());
  const maxBytes = service.behaviour.max_file_bytes;
  for await (const chunk of throttled(receive(request, logged), faults)) {
    if (brokenOff.aborted) throw new ServiceError(409, 'Another request has taken over this upload.');
    if (writer.sizeBytes + chunk.length > maxBytes)
      throw new ServiceError(400, `The file is larger than ${maxBytes} bytes.`);
    await writer.write(chunk);
  }
}

/** Makes a file of what was uploaded. */
async function finish({service}: Call, session: UploadSession): Promise<void> {
  const {fileName, displayName, mimeType, sizeBytes} = session.metadata;
  const received = session.writer.sizeBytes;
  if (sizeBytes !== undefined && sizeBytes !== received)
    throw new ServiceError(400, `The upload has ${received} bytes, but ${sizeBytes} were announced.`);
  const content = await session.writer.finish();
  session.status = 'final';
  session.file = service.files.add({
    ...content,
    name: fileName,
    displayName,
    mimeType,
    createdMs: service.clock.now(),
    isGenerated: false,
  });
}
