import type {Call} from '../../http/call.js';
import {longFileId, unknownFile} from '../../http/service-error.js';
import type {StoredFile} from '../../files/stored-file.js';

const MAX_ID_LENGTH = 40;

/**
 * The file that a call names.
 *
 * @param request - name of the call's protobuf message, which the service quotes.
 * @throws ServiceError 400 for the long id of a result file, 403 for a file that is not there.
 */
export function uploadedFile({service, id}: Call, request: string): StoredFile {
  if (id.length > MAX_ID_LENGTH) throw longFileId(request);
  const file = service.files.get(`files/${id}`);
  if (file === undefined) throw unknownFile(id);
  return file;
}
