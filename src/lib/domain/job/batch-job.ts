/**
 * A batch job as our records spell it: the `batch` object of a job record and everything the service said about the
 * job that has a use later. All times are RFC 3339 text as the service wrote it.
 */
export interface BatchJob {
  /** Resource name, `batches/<id>`. */
  readonly name: string;
  readonly display_name?: string;
  /** Resource name of the model, `models/<id>`. */
  readonly model?: string;
  /** `JOB_STATE_*`, or whatever else the service said. */
  readonly state: string;
  readonly create_time?: string;
  /** When it began to run; the Gemini API does not say. */
  readonly start_time?: string;
  readonly update_time?: string;
  readonly end_time?: string;
  /** What the job reads; the service echoes it, which makes a job findable by its uploaded file. */
  readonly src?: {readonly file_name: string};
  /** Where the results are; `file_name` is `files/batch-<id>`. */
  readonly dest?: {readonly file_name: string};
  /** The folder that the results stay in, `gs://…/`, of a job that was made so; see `JobRecord.results_left`. */
  readonly results_left?: string;
  /** Why the job as a whole did not work. `code` is a gRPC status number, not an HTTP status. */
  readonly error?: {readonly code?: number; readonly message: string};
  readonly stats?: BatchStats;
}

/** Requests of a job by what became of them. The service leaves out counts that are zero; here they are zero. */
export interface BatchStats {
  readonly request_count: number;
  readonly pending_request_count: number;
  readonly successful_request_count: number;
  readonly failed_request_count: number;
}
