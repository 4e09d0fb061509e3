import {readFile} from 'node:fs/promises';
import {GembatchError} from '../../lib/domain/errors.js';
import {reportHtml} from '../../lib/output/report/report-html.js';
import type {CreateFile} from '../../lib/workflows/poll/poll-run.js';
import type {ReportData} from '../../lib/workflows/report/collect-report.js';

/**
 * Writes the page of a report.
 *
 * @returns its absolute path and its size.
 * @throws GembatchError STORAGE, also when a file stands there that it must not replace.
 */
export async function writeReport(
  data: ReportData,
  createFile: CreateFile,
  {path, overwrite}: {path: string; overwrite: boolean},
): Promise<{readonly report: string; readonly size_bytes: number}> {
  const [script, style] = await Promise.all([readOwn('report-page.js'), readOwn('report-page.css')]);
  const file = await createFile(path, {overwrite});
  let bytes = 0;
  try {
    for (const text of reportHtml(data, {script, style})) {
      bytes += Buffer.byteLength(text);
      await file.append(text);
    }
    await file.commit();
    return {report: file.target, size_bytes: bytes};
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** @throws GembatchError USAGE: no other file may ever be replaced by a page. */
export function checkPageName(path: string): void {
  if (/\.html?$/iu.test(path)) return;
  throw new GembatchError('USAGE', `${path} is no name for a page.`, {
    suggestions: ['Name a file that ends in .html: -o report.html'],
  });
}

/** A file that is beside the bundle. */
async function readOwn(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
