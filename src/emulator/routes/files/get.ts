import type {Route} from '../../http/call.js';
import {fileResource} from '../../files/stored-file.js';
import {uploadedFile} from './uploaded-file.js';

/** `GET /{v}/files/{id}` */
export const filesGet: Route = async (call) => {
  const file = uploadedFile(call, 'GetFileRequest');
  return {json: fileResource(file, call.service.behaviour.has_wrong_hash)};
};
