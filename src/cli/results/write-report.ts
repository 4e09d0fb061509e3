import {readFile} from 'node:fs/promises';
import {GembatchError} from '../../lib/domain/errors.js';
import {isTakenName} from '../../lib/domain/taken-name.js';
import {reportHtml} from '../../lib/output/report/report-html.js';
import type {CreateFile} from '../../lib/workflows/poll/poll-run.js';
import type {ReportData} from '../../lib/workflows/report/collect-report.js';
import {refuseIrregularTarget, writeLines} from './write-lines.js';

/**
 * Writes the page of a report, without an API key that a request or an answer may repeat.
 *
 * @returns its absolute path and its size.
 * @throws GembatchError STORAGE, also when a file stands there that it must not replace, and the reason of `stop`.
 */
export async function writeReport(
  data: ReportData,
  createFile: CreateFile,
  {path, overwrite, stop}: {path: string; overwrite: boolean; stop: AbortSignal},
): Promise<{readonly report: string; readonly size_bytes: number}> {
  refuseIrregularTarget(path, 'Name a file: -o report.html');
  const [script, style] = await Promise.all([readOwn('report-page.js'), readOwn('report-page.css')]);
  const file = await createFile(path, {overwrite}).catch((error: unknown) => {
    throw withAdvice(error, 'Name another file: -o FILE');
  });
  await writeLines(reportHtml(data, {script, style}), {file, stop}).catch((error: unknown) => {
    throw withAdvice(error, 'Replace it with --overwrite, or name another file: -o FILE');
  });
  return {report: file.target, size_bytes: file.sizeBytes};
}

/** What to do where the name of the page is taken, in place of the advice for results. */
function withAdvice(error: unknown, advice: string): unknown {
  if (!(error instanceof GembatchError) || !isTakenName(error)) return error;
  return new GembatchError(error.code, error.message, {suggestions: [advice], details: error.details});
}

/** @throws GembatchError USAGE: no other file may ever be replaced by a page. */
export function checkPageName(path: string): void {
  if (/\.html?$/iu.test(path)) return;
  throw new GembatchError('USAGE', `${path} is not the name of a page.`, {
    suggestions: ['Name a file that ends in .html: -o report.html'],
  });
}

/** A file that is beside the bundle. */
async function readOwn(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
