import type {Answer, Call, Route} from '../../http/call.js';
import {contentOf} from '../../files/content.js';
import type {StoredFile} from '../../files/stored-file.js';
import {ServiceError, unknownFile} from '../../http/service-error.js';
import {throttled} from '../../http/throttle.js';

/** `GET /{v}/files/{id}:download?alt=media`, also below `/download`: the whole file, or the one range that is asked for. */
export const filesDownload: Route = async (call) => {
  const {service, id} = call;
  const file = service.files.get(`files/${id}`);
  if (file === undefined || service.jobs.isOutputLate(file.name, service.clock.now())) throw unknownFile(id);
  if (!file.isGenerated) throw new ServiceError(400, 'Only generated files can be downloaded.');
  return mediaAnswer(call, file);
};

/** The bytes of a file, as the `Range` of a call asks for them. */
export function mediaAnswer({service, request, faults}: Call, file: StoredFile): Answer {
  const {sizeBytes} = file;
  const range = service.behaviour.has_ranges ? rangeOf(request.headers.range, sizeBytes) : undefined;
  if (range === 'unsatisfiable')
    return {...errorReply(416), headers: {'content-range': `bytes */${sizeBytes}`}};
  const {first, last} = range ?? {first: 0, last: sizeBytes - 1};
  const stream = contentOf(file, {first, last});
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(last - first + 1),
      ...(service.behaviour.has_ranges ? {'accept-ranges': 'bytes'} : {}),
      ...(range === undefined ? {} : {'content-range': `bytes ${first}-${last}/${sizeBytes}`}),
    },
    stream: throttled(stream, faults),
  };
}

/** Bytes that are asked for, the last one included. */
interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What a `Range` header asks for, RFC 9110 section 14; undefined for the whole: no range, several, or nonsense. */
function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/u.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const end = sizeBytes - 1;
  const range =
    from === ''
      ? {first: Math.max(0, sizeBytes - Number(to)), last: end}
      : {first: Number(from), last: to === '' ? end : Math.min(Number(to), end)};
  if (to !== '' && from !== '' && Number(to) < Number(from)) return undefined;
  return range.first > end ? 'unsatisfiable' : range;
}

function errorReply(status: number): {status: number; json: unknown} {
  return {status, json: new ServiceError(status, 'Requested range not satisfiable.').body};
}
