import type {QueueWait} from '../../workflows/run/run-report.js';
import {printable} from '../terminal/printable.js';
import {fittingParts, foldText} from '../terminal/display-width.js';
import {formatCount, formatDuration, plural} from '../text/format.js';

/** The documented limit of a project, https://ai.google.dev/gemini-api/docs/rate-limits. */
const JOBS_OF_A_PROJECT = 100;

/** Why request files wait and until when, as one sentence or two. */
export function waitText(wait: QueueWait, nowMs: number): string {
  const verb = wait.files === 1 ? 'waits' : 'wait';
  return printable(`${plural(wait.files, 'file')} ${verb}: ${reasonOf(wait)}. ${untilOf(wait, nowMs)}`);
}

/** So many lines of a screen may say why files wait. */
const MAX_LINES = 3;

/**
 * The same on a terminal. The wait for quota is one line, without what it has no room for; where nothing of the person's own
 * is open, it takes the room to say what may be wrong.
 */
export function waitLines(wait: QueueWait, nowMs: number, columns: number): readonly string[] {
  const {reason, files, open_jobs: jobs} = wait;
  if (reason !== 'quota' || jobs === 0) return foldText(waitText(wait, nowMs), columns).slice(0, MAX_LINES);
  const again = untilOf(wait, nowMs)
    .replace(/\.$/u, '')
    .replace(/^./u, (letter) => letter.toLowerCase())
    .split(', ');
  const parts = [`${plural(files, 'file')} waiting for quota`, ...again, openQuotaText(wait)];
  return [fittingParts(parts.map(printable), columns, '…')];
}

function reasonOf(wait: QueueWait): string {
  const {open_jobs: jobs, max_open_jobs: maxJobs, open_tokens: tokens, max_open_tokens: maxTokens} = wait;
  switch (wait.reason) {
    case 'open_jobs':
      return `${formatCount(jobs)} of ${plural(maxJobs, 'batch job')} are open`;
    case 'open_tokens':
      return `about ${formatCount(tokens)} of ${formatCount(maxTokens ?? 0)} tokens are open`;
    case 'storage':
      return 'the uploaded files fill the storage of the project';
    case 'canary':
      return 'the answers of the canary decide whether more is sent';
    case 'cost_cap':
      return 'with the high estimates of open jobs they may cost more than the cap allows';
    case 'quota':
      return `the service takes no more for lack of quota (${openQuotaText(wait)})`;
    case 'service':
      return (wait.message ?? 'the service cannot be reached').replace(/[.\s]+$/u, '');
  }
}

/** The service tells none of its limits apart; what is open here does, as far as it can be told. */
function openQuotaText({open_jobs: jobs, open_tokens: tokens}: QueueWait): string {
  if (jobs >= JOBS_OF_A_PROJECT) return `${formatCount(jobs)} batch jobs are open, and no project has more`;
  if (jobs === 0)
    return 'none of your batch jobs is open: a limit of rate or spending, other work of the project, or a file that is too large for your tier, which --max-open-tokens splits';
  return `${plural(jobs, 'batch job')} with about ${plural(tokens, 'token')} ${jobs === 1 ? 'is' : 'are'} open`;
}

function untilOf({reason, retry_at: retryAt, open_jobs: jobs}: QueueWait, nowMs: number): string {
  if (reason === 'canary') return 'More follow when they are good.';
  if (retryAt === null) return 'More follow as jobs end.';
  const again = `Trying again in ${formatDuration(Math.max(0, Date.parse(retryAt) - nowMs))}`;
  return jobs === 0 ? `${again}.` : `${again}, or when a job ends.`;
}
