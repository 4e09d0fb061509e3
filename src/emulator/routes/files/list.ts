import type {Route} from '../../http/call.js';
import {pageReply} from '../../http/page.js';
import {fileResource, type StoredFile} from '../../files/stored-file.js';

/** `GET /{v}/files`, newest first; result files are not in it. */
export const filesList: Route = async ({service, url}) => ({
  json: pageReply(url, {
    name: 'files',
    items: service.files.uploaded(),
    positionOf: ({number}: StoredFile) => number,
    resourceOf: (file) => fileResource(file, service.behaviour.has_wrong_hash),
  }),
});
