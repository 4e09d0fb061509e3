import {recordLine} from '../../lib/store/records.js';

/** What `children/share.ts` is told. */
export interface ShareOptions {
  /** Folder of the compiled modules to attack. */
  readonly src: string;
  /** The job-info file. */
  readonly path: string;
  readonly log: string;
  /** Names the process in the log. */
  readonly name: string;
  readonly role: 'poller' | 'submitter' | 'reader';
  /** Rounds to do, from the first to before the last. */
  readonly from: number;
  readonly to: number;
}

/** Jobs whose records everybody counts up. */
export const SHARED_JOBS: readonly string[] = Array.from({length: 12}, (_, index) => `shared${index}`);

/** Lines that are no records and must stay as they are, each character a byte. */
export const FOREIGN_LINES: readonly string[] = [
  '# a comment of somebody',
  '',
  '# {"half": ',
  '#\0\0\0\0',
  '#\xff\xfe not UTF-8',
  '# {"another": "program"}\r',
  '   \t',
  '# the last line has no end',
];

/** A job-info file of shared jobs with foreign lines between them, the last of them at its end and without a newline. */
export function sharedFile(): Buffer {
  const records = SHARED_JOBS.map((job) =>
    recordLine(job, {count: 0}).replace('}\n', ',"of_another":[null]}\n'),
  );
  const lines = records.map((record, index) => {
    const foreign = FOREIGN_LINES.slice(0, -1)[index];
    return foreign === undefined ? record : `${record}${foreign}\n`;
  });
  return Buffer.from(lines.join('') + (FOREIGN_LINES.at(-1) ?? ''), 'latin1');
}
