import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';

/** What a look at the bytes of a job-info file and its journal tells. */
export interface RecordedServices {
  readonly gemini: boolean;
  readonly vertex: boolean;
  /** The project and location of the first job on Vertex AI. */
  readonly place: CloudPlace | undefined;
}

/** Where jobs of Vertex AI are. */
export interface CloudPlace {
  readonly project: string;
  readonly location: string;
}

/** How names of jobs and uploads stand in a job-info file. */
const GEMINI_MARKS = ['"batches/', '"files/'];
const VERTEX_MARKS = ['"projects/', '"gs://'];
const VERTEX_JOB = /"projects\/(?<project>[^/"]+)\/locations\/(?<location>[^/"]+)\/batchPredictionJobs\//u;

const BLOCK_BYTES = 1024 * 1024;
/** A name may begin in one block and end in the next. */
const OVERLAP_BYTES = 512;

/** The services whose jobs a job-info file seems to hold; a thousandth of the work of reading it. */
export function recordedServices(jobInfo: string): RecordedServices {
  const found: {gemini: boolean; vertex: boolean; place: CloudPlace | undefined} = {
    gemini: false,
    vertex: false,
    place: undefined,
  };
  for (const path of [jobInfo, `${jobInfo}.journal`]) {
    for (const bytes of blocksOf(path)) {
      found.gemini ||= GEMINI_MARKS.some((mark) => bytes.includes(mark));
      if (!VERTEX_MARKS.some((mark) => bytes.includes(mark))) continue;
      found.vertex = true;
      found.place ??= placeIn(bytes);
    }
  }
  return found;
}

/** Empty for a file that cannot be read: the command that reads it next reports the error. */
function* blocksOf(path: string): Generator<Buffer> {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK a pipe would be waited for.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return;
    const block = Buffer.alloc(BLOCK_BYTES);
    let kept = 0;
    for (;;) {
      const read = readSync(descriptor, block, kept, block.length - kept, null);
      if (read === 0) return;
      const bytes = block.subarray(0, kept + read);
      yield bytes;
      kept = Math.min(OVERLAP_BYTES, bytes.length);
      bytes.copy(block, 0, bytes.length - kept);
    }
  } catch {
    return;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function placeIn(bytes: Buffer): CloudPlace | undefined {
  const {project, location} = VERTEX_JOB.exec(bytes.toString('latin1'))?.groups ?? {};
  return project === undefined || location === undefined ? undefined : {project, location};
}
