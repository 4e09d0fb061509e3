import {EXIT} from '../lib/domain/errors.js';
import {exitCodeWithRest} from '../lib/domain/outcome.js';
import {printable} from '../lib/output/terminal/printable.js';
import type {PollSummary} from '../lib/workflows/poll/poll-report.js';
import {redactApiKeys} from './connection/api-key.js';

/** How the command of `--on-done` ended. */
export interface OnDoneResult {
  readonly command: string;
  /** Its exit code; null when a signal ended it or it could not be started. */
  readonly exit_code: number | null;
}

/**
 * Runs the command of `--on-done`, if there is one and all jobs are over, with the outcome in its environment.
 *
 * It has our environment, API key included: such a command usually calls gembatch again, and the user who set
 * the key wrote it. What it prints goes to our stderr: stdout is for our own results. Its failure is said there, and in the exit code
 * unless that says more already.
 *
 * @returns how it ended, absent when it was not run, and the exit code of all.
 */
export async function tellDone(
  command: string | undefined,
  summary: PollSummary,
): Promise<{readonly exit_code: number; readonly on_done?: OnDoneResult}> {
  const {exit_code: exitCode} = summary;
  if (command === undefined || summary.ended !== 'finished') return {exit_code: exitCode};
  const onDone = await runShell(command, factsFor(summary));
  if (onDone.exit_code === 0) return {exit_code: exitCode, on_done: onDone};
  const how = onDone.exit_code ?? 'not run';
  const warning = printable(`Warning: the command of --on-done failed (${how}): ${command}`);
  process.stderr.write(`${redactApiKeys(warning, process.env)}\n`);
  return {exit_code: exitCodeWithRest(exitCode, 'failed'), on_done: onDone};
}

async function runShell(command: string, facts: Readonly<Record<string, string>>): Promise<OnDoneResult> {
  const {spawn} = await import('node:child_process');
  return new Promise((resolve) => {
    const child = spawn(command, {shell: true, stdio: ['ignore', 2, 2], env: {...process.env, ...facts}});
    child.once('error', () => resolve({command, exit_code: null}));
    child.once('close', (code) => resolve({command, exit_code: code}));
  });
}

/** What the command finds in its environment. */
function factsFor(summary: PollSummary): Readonly<Record<string, string>> {
  const {failed, cancelled, expired, lost, altered} = summary;
  const outcome = Object.entries(EXIT).find(([, code]) => code === summary.exit_code)?.[0] ?? 'failed';
  return {
    GEMBATCH_OUTCOME: outcome,
    GEMBATCH_EXIT_CODE: String(summary.exit_code),
    GEMBATCH_JOBS: String(summary.jobs),
    GEMBATCH_DONE: String(summary.done),
    GEMBATCH_FAILED: String(failed + cancelled + expired + lost + altered),
    GEMBATCH_BAD_ROWS: String(summary.bad_row_count),
    GEMBATCH_JOB_INFO: summary.job_info,
  };
}
