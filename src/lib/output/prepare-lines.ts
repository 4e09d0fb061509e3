import {relative, sep} from 'node:path';
import type {Clock} from '../domain/clock.js';
import type {NamedKeys, PrepareProgress, PrepareReport} from '../workflows/prepare/prepare-report.js';
import {ByteRate} from './terminal/byte-rate.js';
import {shortenRight} from './terminal/display-width.js';
import {LiveScreen} from './terminal/live-screen.js';
import {printable} from './terminal/printable.js';
import {formatBytes, formatCount, plural} from './text/format.js';

/** A line that is drawn over this often is calm. */
const DRAW_MS = 100;
/** So much of a file is enough to see what is in it. */
const SHOWN_DATA = 40;
const INLINE_DATA = /("data":")([\w+/=-]+)(?=")/gu;

/** The screen of `gembatch prepare`. */
export interface PrepareWords {
  /** Folders below it are named from there. */
  readonly cwd: string;
  /** How rows that have changed are asked again. */
  readonly changedAdvice?: string;
}

/** What came of a preparation. */
export function prepareLines(
  report: PrepareReport,
  {cwd, changedAdvice = 'To ask again, prepare into another folder.'}: PrepareWords,
): readonly string[] {
  const {output, files, changed, gone, skipped_empty: empty, unchanged} = report;
  const made = files.filter((file) => file.is_new);
  const size = made.reduce((sum, file) => sum + file.size_bytes, 0);
  const place = `${printable(relativeFolder(output ?? '', cwd))}/`;
  const news =
    made.length === 0
      ? `Nothing new: all ${plural(report.rows - empty, 'row')} are prepared in ${place}.`
      : `${plural(report.rows, 'row')} → ${plural(report.new_requests, 'new request')} in ${plural(made.length, 'file')} (${formatBytes(size)}) in ${place}.`;
  return [
    ...(changed.made_anew
      ? keyLines(changed, 'changed since they were prepared, and are asked again', '')
      : keyLines(changed, 'changed since they were prepared and are NOT in the files', changedAdvice)),
    ...keyLines(gone, 'gone from the source; their requests are still in the files', ''),
    ...(empty === 0 ? [] : [`${plural(empty, 'row')} with an empty prompt left out.`]),
    ...(unchanged === 0 || made.length === 0 ? [] : [`${plural(unchanged, 'row')} prepared before.`]),
    news,
  ];
}

/** A folder from the working folder, when it is below that. */
export function relativeFolder(folder: string, cwd: string): string {
  return folder.startsWith(cwd + sep) ? relative(cwd, folder) : folder;
}

/** The request lines of a preview, with files in them cut. */
export function previewLines(lines: readonly string[]): readonly string[] {
  return lines.map((line) =>
    printable(
      line.replaceAll(INLINE_DATA, (all: string, start: string, data: string) =>
        data.length <= SHOWN_DATA
          ? all
          : `${start}${data.slice(0, SHOWN_DATA)}… (${formatCount(data.length)} characters)`,
      ),
    ),
  );
}

/** One line on a terminal that says how far it is. */
export class PrepareView {
  readonly #screen: LiveScreen;
  readonly #rate: ByteRate;
  #progress: PrepareProgress | undefined;

  constructor(
    stream: NodeJS.WriteStream,
    private readonly clock: Clock,
  ) {
    this.#rate = new ByteRate(clock.monotonic());
    this.#screen = new LiveScreen({stream, redrawMs: DRAW_MS, frame: ({columns}) => this.#frame(columns)});
    this.#screen.start();
  }

  report(progress: PrepareProgress): void {
    this.#rate.add(progress.bytes - (this.#progress?.bytes ?? 0), this.clock.monotonic());
    this.#progress = progress;
  }

  close(): void {
    this.#screen.end([]);
  }

  #frame(columns: number): readonly string[] {
    if (this.#progress === undefined) return [];
    const {rows, bytes, totalBytes} = this.#progress;
    const rate = this.#rate.perSecond(this.clock.monotonic());
    const share = totalBytes === 0 ? '' : `, ${Math.min(100, Math.floor((bytes / totalBytes) * 100))} %`;
    const speed = rate === undefined ? '' : `, ${formatBytes(rate)}/s`;
    return [shortenRight(`Preparing: ${plural(rows, 'row')}${share}${speed}`, columns)];
  }
}

function keyLines({count, keys}: NamedKeys, what: string, advice: string): readonly string[] {
  if (count === 0) return [];
  const names = keys.map((key) => printable(key)).join(', ');
  return [
    `${plural(count, 'row')} ${what}: ${names}${count > keys.length ? ', …' : ''}. ${advice}`.trimEnd(),
  ];
}
