import {GembatchError} from '../../domain/errors.js';
import {fileDeletion, fileLookUp} from './file-calls.js';
import type {CallOptions, RemoteFile, UploadFile, UploadOptions} from '../batch-service.js';
import {parseReply} from '../reply.js';
import {toRemoteFile} from './reply.js';
import {throwIfAborted} from '../http/retry-budget.js';
import type {SdkCalls} from './sdk-calls.js';
import {isMimeTypeRefusal} from '../http/service-error.js';
import {checkUnchanged} from '../transfer/source-file.js';
import type {TransferContext} from '../transfer/transfer-context.js';
import {Upload} from './upload.js';

/**
 * MIME types for a request file, in the order in which they are tried: each has been refused with 400 at one time or
 * another (`googleapis/python-genai` issues 1547 and 1590).
 */
const MIME_TYPES = ['application/jsonl', 'text/plain', 'application/json'] as const;
/** A request file is text and ready at once; a service that takes longer to accept it is asked again. */
const PROCESSING_PAUSE_MS = 2_000;
/** How often a file is uploaded whose bytes arrive as others. */
const MAX_UPLOADS = 3;
/** How long the deletion of a useless upload may take; the service deletes it by itself after 48 hours. */
const DISCARD_MS = 5_000;

/** Uploads request files and sees to it that the service has exactly the bytes that were inspected. */
export class VerifiedUploads {
  readonly #context: TransferContext;
  readonly #calls: SdkCalls;
  /** The first is the one that worked last; the service has changed its mind about them. */
  #mimeTypes: readonly string[] = MIME_TYPES;

  constructor(context: TransferContext, calls: SdkCalls) {
    this.#context = context;
    this.#calls = calls;
  }

  /** Uploads a file; the contract is that of `BatchService.uploadFile`. */
  async upload(file: UploadFile, options: UploadOptions): Promise<RemoteFile> {
    for (let uploads = 1; ; uploads += 1) {
      const uploaded = await this.#send(file, options);
      let ready: RemoteFile;
      try {
        ready = await this.#whenActive(uploaded, options);
        // The service's word is as good as ours, and does not cost a second reading.
        if (ready.sha256 !== file.sha256) await checkUnchanged(file);
      } catch (error) {
        await this.#discard(uploaded, options);
        throw error;
      }
      if (isIntact(ready, file)) return ready;

      await this.#discard(uploaded, options);
      const error = alteredError();
      if (uploads === MAX_UPLOADS) throw error;
      options.onWait?.({reason: error.message, delayMs: 0});
    }
  }

  async #send(file: UploadFile, options: UploadOptions): Promise<RemoteFile> {
    let refusal: unknown;
    for (const mimeType of this.#mimeTypes) {
      const upload = new Upload(file, mimeType, this.#context, options);
      try {
        const uploaded = await upload.run();
        this.#mimeTypes = [mimeType, ...MIME_TYPES.filter((other) => other !== mimeType)];
        return uploaded;
      } catch (error) {
        if (upload.leftFile !== undefined) await this.#discard(upload.leftFile, options);
        if (!isMimeTypeRefusal(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  async #whenActive(uploaded: RemoteFile, options: CallOptions): Promise<RemoteFile> {
    const {clock, retryMs} = this.#context;
    const call = fileLookUp(uploaded.name);
    const untilMs = clock.monotonic() + retryMs;
    let file = uploaded;
    while (file.state === 'PROCESSING') {
      if (clock.monotonic() >= untilMs)
        throw new GembatchError('SERVICE', 'upload: the service did not finish processing the file.');
      await clock.sleep(PROCESSING_PAUSE_MS, options.signal);
      throwIfAborted(options.signal);
      file = toRemoteFile(parseReply(await this.#calls.withRetries(call, options), call.name), call.name);
    }
    if (file.state !== 'FAILED') return file;
    throw new GembatchError('REFUSED', 'upload: the service could not process the file.');
  }

  /** Deletes an upload that is of no use. */
  async #discard({name}: RemoteFile, {onNotDeleted}: UploadOptions): Promise<void> {
    try {
      await this.#calls.once({...fileDeletion(name), signal: AbortSignal.timeout(DISCARD_MS)});
    } catch (error) {
      if (!(error instanceof GembatchError)) throw error;
      if (error.code !== 'NOT_FOUND') onNotDeleted?.(name, error);
    }
  }
}

/** Whether the service describes the bytes that were inspected, as far as it describes them. */
function isIntact(uploaded: RemoteFile, file: UploadFile): boolean {
  const isSameSize = uploaded.sizeBytes === undefined || uploaded.sizeBytes === file.sizeBytes;
  return isSameSize && (uploaded.sha256 === undefined || uploaded.sha256 === file.sha256);
}

function alteredError(): GembatchError {
  return new GembatchError('SERVICE', 'upload: the service received something else than was sent.');
}
