import type {Call} from '../../http/call.js';
import {ServiceError} from '../../http/service-error.js';

/**
 * The place of jobs as their names have it, with the number of the project, whatever the call names it by.
 *
 * @param parent - `projects/<p>/locations/<l>`
 * @throws ServiceError 403 for a project in which Vertex AI is not switched on.
 */
export function parentOf(parent: string, {service}: Call): string {
  const {project = '', location = ''} =
    /^projects\/(?<project>[^/]+)\/locations\/(?<location>[^/]+)$/u.exec(parent)?.groups ?? {};
  const {disabled_projects: disabled} = service.behaviour;
  if (disabled.some((name) => name === project || numberOf(name) === project)) {
    const what = `//aiplatform.googleapis.com/${parent}`;
    throw new ServiceError(
      403,
      `Permission 'aiplatform.batchPredictionJobs.create' denied on resource '${what}' (or it may not exist).`,
      [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'IAM_PERMISSION_DENIED',
          domain: 'aiplatform.googleapis.com',
        },
      ],
    );
  }
  return `projects/${numberOf(project)}/locations/${location}`;
}

/** Twelve digits for a project, the same each time. */
function numberOf(project: string): string {
  if (/^\d+$/u.test(project)) return project;
  let hash = 7;
  for (const letter of project) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 899_999_999_981;
  return String(100_000_000_000 + hash);
}
