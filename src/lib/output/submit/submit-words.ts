/** What becomes of a request file, in words. */
import {withoutName} from '../text/item-message.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {FileOutcome, SubmitPhase} from '../../workflows/submit/submit-report.js';
import {formatBytes, plural} from '../text/format.js';
import {printable} from '../terminal/printable.js';
import {ownCommand} from '../../domain/program-name.js';

/** States of an existing job after which its work is worth a retry. */
const UNSUCCESSFUL: ReadonlySet<string> = new Set(['failed', 'cancelled', 'expired']);

/** What happens to a file in a phase. */
export const PHASE_WORDS: Readonly<Record<SubmitPhase, string>> = {
  inspecting: 'checking',
  checked: 'checked',
  uploading: 'uploading',
  waiting: 'waiting for quota',
  creating: 'creating the batch job',
  reconciling: 'looking for its batch job',
};

/** One line on what became of a file, without its name; what to do next is not in it. */
export function outcomeText(outcome: FileOutcome): string {
  return printable(outcomeWords(outcome));
}

function outcomeWords(outcome: FileOutcome): string {
  switch (outcome.outcome) {
    case 'submitted':
      return `submitted ${sizeText(outcome)} as ${outcome.job?.name ?? 'a batch job'}`;
    case 'skipped':
      return `skipped: ${skipReason(outcome)}`;
    case 'changed':
      return `changed: ${reasonText(outcome)}`;
    case 'would_submit':
      return `would be submitted${inParts(outcome)}: ${sizeText(outcome)}`;
    case 'failed':
      return `failed: ${reasonText(outcome)}`;
    case 'unclear':
      return `unclear: ${reasonText(outcome)}`;
    case 'not_started':
      return notStartedText(outcome);
  }
}

/** How much a file has: its requests, or its bytes where nobody has counted them. */
function sizeText({count, size_bytes: bytes = 0}: FileOutcome): string {
  return count === null ? formatBytes(bytes) : plural(count ?? 0, 'request');
}

function inParts({parts}: FileOutcome): string {
  return parts === undefined ? '' : ` in ${plural(parts, 'part')}`;
}

/** An interruption is said elsewhere; any other reason is news. */
export function notStartedText(outcome: FileOutcome): string {
  const isInterruption = outcome.error === undefined || outcome.error.code === 'INTERRUPTED';
  return `not started (nothing paid)${isInterruption ? '' : `: ${reasonText(outcome)}`}`;
}

/** Why a file came to no job, without its name, which stands beside it: `line 3, column 14: …`. */
function reasonText({file, error}: FileOutcome): string {
  if (error === undefined) return 'no reason is known';
  const {message, line, column} = error;
  const place = `${file}:${line}:${column}: `;
  if (message.startsWith(place)) return `line ${line}, column ${column}: ${message.slice(place.length)}`;
  return withoutName(message, file);
}

function skipReason({reason, same_as: sameAs, job, changed}: FileOutcome): string {
  if (reason === 'own_file') return 'it is a file of gembatch itself';
  const state = job === undefined ? '' : stateLabel(job.state);
  const existing = job === undefined ? 'it' : `${job.name} (${state})`;
  const again = UNSUCCESSFUL.has(state) ? `; ${ownCommand('retry')} submits it again` : '';
  if (reason === 'same_content') {
    return `the same content as ${sameAs ?? 'another file'}, which has ${existing}${again}`;
  }
  if (reason === 'adopted') return `recovered; ${existing} already existed`;
  if (changed === true) return `it has changed since it was submitted as ${existing}`;
  const unknown = changed === null ? '; whether the file has changed since is not known' : '';
  return `already submitted as ${existing}${unknown}${again}`;
}
