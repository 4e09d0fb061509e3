import type {PollEvent} from '../../workflows/poll/poll-report.js';

/**
 * An event as `gembatch poll --json` prints it, one object per line; none for what is only of interest to a live display.
 * `docs/schemas/poll.json` describes them.
 *
 * @param time - when it happened, ISO 8601 UTC.
 */
export function pollJson(event: PollEvent, time: string): readonly object[] {
  switch (event.type) {
    case 'jobs':
      return event.jobs.map((job) => ({event: 'state', time, job}));
    case 'state':
    case 'result':
      return [{event: event.type, time, job: event.job}];
    case 'error':
      return [{event: 'error', time, ...subject(event), error: event.error, retry_ms: event.retryMs}];
    case 'wait':
      return [{event: 'wait', time, ...subject(event), reason: event.reason, delay_ms: event.delayMs}];
    case 'status':
      return [{event: 'status', time, message: event.message}];
    case 'warning':
      return [{event: 'warning', time, ...subject(event), message: event.message}];
    // The summary is the object that the command returns, which is printed last.
    case 'download':
    case 'asked':
    case 'summary':
      return [];
  }
}

function subject({name, file}: {name?: string; file?: string}): {job_name?: string; file?: string} {
  return {...(name === undefined ? {} : {job_name: name}), ...(file === undefined ? {} : {file})};
}
