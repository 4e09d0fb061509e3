import type {Row} from '../row.js';
import {bucket} from './bucket.js';
import {download} from './download.js';
import {inspection} from './inspection.js';
import {join} from './join.js';
import {list} from './list.js';
import {manyFiles} from './many-files.js';
import {packageSize} from './package.js';
import {pollBesideSubmit} from './poll-beside-submit.js';
import {pollCalls} from './poll-calls.js';
import {preparation} from './preparation.js';
import {startUp} from './start-up.js';
import {storeAdds} from './store-adds.js';
import {upload} from './upload.js';
import {vertex} from './vertex.js';

/** Everything that is measured, in the order in which it is told. */
export const ALL_ROWS: readonly Row[] = [
  startUp,
  manyFiles,
  vertex,
  bucket,
  upload,
  download,
  inspection,
  preparation,
  join,
  storeAdds,
  list,
  pollCalls,
  pollBesideSubmit,
  packageSize,
];
