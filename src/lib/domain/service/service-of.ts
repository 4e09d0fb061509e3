import type {Intent} from '../job/job-record.js';
import type {PricedService} from '../price/price-list.js';

/** What one batch job of a service can have at most, and its name. */
export interface ServiceLimits {
  readonly maxFileBytes: number;
  /** Null for no limit. */
  readonly maxRequests: number | null;
  /** Of a display name, in characters. */
  readonly maxNameLength: number;
}

/**
 * - `gemini`: 2 GB in one file (https://ai.google.dev/gemini-api/docs/files), read as binary; 512 characters are documented for
 *   the display name of a file (https://ai.google.dev/api/files#File), none for that of a job: both keep to it.
 * - `vertex`: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini and
 *   https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs.
 */
export const SERVICE_LIMITS: Readonly<Record<PricedService, ServiceLimits>> = {
  gemini: {maxFileBytes: 2 * 1024 ** 3, maxRequests: null, maxNameLength: 512},
  vertex: {maxFileBytes: 1_000_000_000, maxRequests: 200_000, maxNameLength: 128},
};

/** What people call a service. */
export const SERVICE_NAMES: Readonly<Record<PricedService, string>> = {
  gemini: 'the Gemini API',
  vertex: 'Vertex AI',
};

/** The service of a batch job, by its resource name: Vertex AI has it begin with the project. */
export function serviceOfJob(name: string): PricedService {
  return name.startsWith('projects/') ? 'vertex' : 'gemini';
}

/** Whether the lists of these services would hold what came of a create. */
export function isReached(
  services: readonly PricedService[],
  {uploaded_file_name: upload}: Pick<Intent, 'uploaded_file_name'>,
): boolean {
  return services.includes(serviceOfFile(upload));
}

/** The service of an uploaded file, by its resource name: Vertex AI reads from Cloud Storage. */
export function serviceOfFile(name: string): PricedService {
  return name.startsWith('gs://') ? 'vertex' : 'gemini';
}
