import type {Route} from '../http/call.js';
import {pageReply} from '../http/page.js';
import {fileResource, type StoredFile} from '../files/stored-file.js';

/** `GET /{v}/files`, newest first; result files are not in it. */
export const filesList: Route = async ({world, url}) => ({
  json: pageReply(url, {
    name: 'files',
    items: world.files.uploaded(),
    positionOf: ({number}: StoredFile) => number,
    resourceOf: (file) => fileResource(file, world.behaviour.has_wrong_hash),
  }),
});
