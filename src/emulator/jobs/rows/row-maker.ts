import {contentReply, embeddingReply} from './answers.js';
import type {Job} from '../job.js';
import type {Counts} from '../job-end.js';
import {isObject, textOf, type Json} from '../../http/json.js';
import {rowFaults, type OutcomeRule, type RowFault} from './outcomes.js';
import {UsedByModel} from './used-tokens.js';
import {faultOfRequest} from '../checks/request-check.js';
import type {RequestLine} from '../checks/request-lines.js';

/** gRPC status numbers, https://grpc.io/docs/guides/status-codes/. */
const INVALID_ARGUMENT = 3;
const FAILED_PRECONDITION = 9;
const INTERNAL = 13;

/** Makes the result rows of one job, and counts them as the service does. */
export class RowMaker {
  readonly #used = new UsedByModel();
  counts: Counts = {successful: 0, failed: 0, used: this.#used.byVersion};
  readonly #job: Pick<Job, 'kind' | 'model' | 'servedBy' | 'vertex'>;
  readonly #faultOf: (key: string | undefined) => RowFault | undefined;

  constructor(job: Job, rule: OutcomeRule | undefined) {
    this.#job = job;
    const rows = (rule?.rows ?? []).filter(({above_requests: above = -1}) => job.requestCount > above);
    this.#faultOf = rowFaults(rows, job.number);
  }

  /**
   * The rows that answer a line, as text: one as a rule, none or several where a fault says so.
   *
   * @param times - how many lines of its form are answered alike.
   */
  rowsFor(line: RequestLine, times = 1): readonly string[] {
    const {key} = line;
    const fault = this.#faultOf(key);
    const body = this.#bodyOf(line, fault, times);
    this.#count('response' in body, times);
    const row = JSON.stringify(this.#rowOf(line, body, fault === 'no_key' ? undefined : key));
    switch (fault) {
      case 'missing':
        return [];
      case 'malformed':
        return [row.slice(0, Math.ceil(row.length / 2))];
      case 'repeated':
        return [row, row];
      case 'unknown_key':
        return [row, JSON.stringify(this.#rowOf(line, body, `${key ?? ''}-unknown`))];
      default:
        return [row];
    }
  }

  /**
   * Rows of Vertex AI repeat the request; what went wrong is a text in `status`, and further fields of the line, such as the key,
   * are passed through: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-from-cloud-storage.
   */
  #rowOf({request}: RequestLine, body: Json, key: string | undefined): Json {
    if (this.#job.vertex === undefined) return withKey(body, key);
    const {response = {}} = body;
    return {status: statusOf(body), processed_time: '2026-11-28T00:00:00.000+00:00', request, response, key};
  }

  #bodyOf({request}: RequestLine, fault: RowFault | undefined, times: number): Json {
    const {kind, model, servedBy} = this.#job;
    const message = faultOfRequest(request, kind);
    if (request === undefined || message !== undefined) return {error: {code: INVALID_ARGUMENT, message}};
    const internal = {code: INTERNAL, message: 'Internal error encountered.'};
    if (fault === 'error') return {error: internal};
    if (fault === 'precondition')
      return {error: {code: FAILED_PRECONDITION, message: 'Precondition check failed'}};
    if (fault === 'error_as_status') return {status: internal};
    const response =
      kind === 'embed' ? embeddingReply(request) : contentReply(request, servedBy ?? model, fault);
    this.#used.add(response, model.replace(/^models\//u, ''), times);
    const {usageMetadata: _usage, ...rest} = response;
    return {response: fault === 'no_usage' ? rest : response};
  }

  #count(isSuccessful: boolean, times: number): void {
    const {counts} = this;
    this.counts = isSuccessful
      ? {...counts, successful: counts.successful + times}
      : {...counts, failed: counts.failed + times};
  }
}

function statusOf(body: Json): string {
  const error = body['error'] ?? body['status'];
  if (!isObject(error)) return '';
  return error['code'] === INVALID_ARGUMENT
    ? `Bad Request: ${JSON.stringify({error})}`
    : textOf(error['message']);
}

/** The service does not keep to one order of its fields; here the length of the key decides. */
function withKey(body: Json, key: string | undefined): Json {
  return (key?.length ?? 0) % 2 === 0 ? {key, ...body} : {...body, key};
}
