import {prepareLines, PrepareView} from '../../lib/output/prepare-lines.js';
import {printable} from '../../lib/output/terminal/printable.js';
import {errorLines} from '../../lib/output/text/error-text.js';
import {printFolded, type Display} from '../../lib/output/terminal/screen.js';
import {
  prepareSources,
  type PreparedSources,
  type SourcesInput,
} from '../../lib/workflows/prepare/prepare-sources.js';
import type {CreateFile} from '../../lib/workflows/poll/poll-run.js';

const CHANGED_ADVICE = 'To ask again: --if-changed submit';

/**
 * Makes request files from the arguments that are tables or folders, and prints what came of each.
 *
 * @throws GembatchError as `prepareSources`.
 */
export async function prepareArguments(
  {createFile, display}: {readonly createFile: CreateFile; readonly display: Display},
  input: SourcesInput,
): Promise<PreparedSources> {
  const {mode, screen, clock} = display;
  const view = mode === 'live' ? new PrepareView(screen.stderr, clock) : undefined;
  let prepared: PreparedSources;
  try {
    prepared = await prepareSources({createFile, report: (progress) => view?.report(progress)}, input);
  } finally {
    view?.close();
  }
  if (mode === 'live' || mode === 'plain') {
    for (const {report} of prepared.sources) {
      if (report === undefined) continue;
      printFolded(screen.stdout, prepareLines(report, {cwd: input.cwd, changedAdvice: CHANGED_ADVICE}));
      printFolded(
        screen.stderr,
        report.notes.map((note) => `Note: ${printable(note)}`),
      );
    }
  }
  if (mode !== 'silent') {
    for (const {error} of prepared.sources)
      if (error !== undefined) printFolded(screen.stderr, errorLines(error));
  }
  return prepared;
}
