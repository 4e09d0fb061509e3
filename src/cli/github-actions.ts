import {appendFile} from 'node:fs/promises';
import {isGitHubActions} from '../lib/output/github/is-github-actions.js';
import type {JobStore} from '../lib/store/job-store.js';
import type {FileOutcome} from '../lib/workflows/submit/submit-report.js';
import {redactApiKeys} from './connection/api-key.js';

/** The jobs and files that a command worked on. */
export interface CommandWork {
  readonly store: JobStore;
  /** Jobs and request files; none for all that are recorded. */
  readonly names: readonly string[];
  /** Request files that have no job now, and why. */
  readonly notSubmitted?: readonly FileOutcome[];
}

/**
 * When GitHub Actions runs the command, reports its outcome there: annotations, the summary page of the step, and step outputs.
 * A report that fails is only a warning, because the work itself is done.
 *
 * @param work - undefined when the command ended before it knew its jobs.
 */
export async function tellGitHubActions(
  work: CommandWork | undefined,
  exitCode: number | string | null | undefined,
): Promise<void> {
  const {env} = process;
  if (!isGitHubActions(env)) return;
  const code = Number(exitCode ?? 0);
  try {
    if (work === undefined) return await addOutputs({exit_code: String(code)});
    const [{NO_JOBS, summariseWork}, {MOST_ANNOTATIONS, workAnnotations}, {stepOutputs, stepSummary}] =
      await Promise.all([
        import('../lib/workflows/github/summarise-work.js'),
        import('../lib/output/github/annotations.js'),
        import('../lib/output/github/step-summary.js'),
      ]);
    const {store, names, notSubmitted = []} = work;
    // Without names it would report everything that is recorded.
    const hasJobs = names.length > 0 || notSubmitted.length === 0;
    const summary = hasJobs ? await summariseWork(store, names, MOST_ANNOTATIONS) : NO_JOBS;
    for (const line of workAnnotations(summary, env)) process.stderr.write(`${redactApiKeys(line, env)}\n`);
    await append(env['GITHUB_STEP_SUMMARY'], stepSummary({...summary, notSubmitted}, code, env));
    await addOutputs(stepOutputs(summary, code, env));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    process.stderr.write(`Warning: GitHub Actions was not told of the outcome: ${redactApiKeys(why, env)}\n`);
  }
}

async function addOutputs(outputs: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(outputs).map(
    ([name, value]) => `${name}=${value.replaceAll(/[\r\n]/gu, ' ')}\n`,
  );
  await append(process.env['GITHUB_OUTPUT'], lines.join(''));
}

async function append(path: string | undefined, text: string): Promise<void> {
  if (path) await appendFile(path, redactApiKeys(text, process.env));
}
