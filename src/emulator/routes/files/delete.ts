import type {Route} from '../../http/call.js';
import {uploadedFile} from './uploaded-file.js';

/** `DELETE /{v}/files/{id}`; a job that reads it already goes on. */
export const filesDelete: Route = async (call) => {
  await call.service.files.delete(uploadedFile(call, 'DeleteFileRequest'));
  return {json: {}};
};
