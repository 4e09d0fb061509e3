import {readdir} from 'node:fs/promises';
import {join, relative, sep} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {fieldOf} from '../../../domain/json/json-object.js';
import {RawJson} from '../../../domain/json/raw-json.js';
import {MediaNames} from '../../../domain/result/media-name.js';
import {isTakenName} from '../../../domain/taken-name.js';
import type {CreateFile} from '../../poll/poll-run.js';
import type {AnswerContent, Media} from '../answer-content.js';
import type {JoinedRow} from '../join-results.js';

/** Decoded at once: a multiple of 4, and as little as leaves memory quickly. */
const PIECE_DIGITS = 64 * 1024;
const PADDING = 0x3d;

/** Where media go. */
export interface MediaPlace {
  readonly createFile: CreateFile;
  /** Absolute. */
  readonly folder: string;
  /** The folder that their paths are relative to. */
  readonly from: string;
  readonly overwrite: boolean;
  /** Throws for a file that must never be replaced. */
  readonly refuse: (path: string) => void;
  /** Whether those of thoughts are wanted. */
  readonly hasThoughts: boolean;
}

/** Writes the images and sounds of answers into files. The same rows in the same order give the same names. */
export class MediaFiles {
  readonly #names = new MediaNames();
  /** Temporary files of runs that died. */
  #leftOvers: Promise<readonly string[]> | undefined;
  readonly #piece = Buffer.allocUnsafe(PIECE_DIGITS);
  #files = 0;
  #unreadable = 0;

  constructor(private readonly place: MediaPlace) {}

  /** How many files were written, and how many media are no base64: they stay in their rows. */
  get counts(): {readonly files: number; readonly unreadable: number} {
    return {files: this.#files, unreadable: this.#unreadable};
  }

  /**
   * The row with paths in place of its media, which are files then.
   *
   * @throws GembatchError STORAGE, also when another file has the name and must not be replaced.
   */
  async save<R extends JoinedRow>(row: R): Promise<R> {
    if (row.contents.every(({media}) => media.length === 0)) return row;
    const paths: string[] = [];
    const contents: AnswerContent[] = [];
    for (const content of row.contents) contents.push(await this.#saveOf(content, row.key, paths));
    return {...row, contents, mediaPaths: paths};
  }

  async #saveOf(content: AnswerContent, key: string | null, paths: string[]): Promise<AnswerContent> {
    const data = [...content.data];
    const thoughtData = [...content.thoughtData];
    for (const medium of content.media) {
      if (medium.isThought && !this.place.hasThoughts) continue;
      if (!isBase64(medium.data)) {
        this.#unreadable++;
        continue;
      }
      const path = await this.#write(this.#names.next(key, medium.mimeType), medium.data);
      this.#files++;
      paths.push(path);
      (medium.isThought ? thoughtData : data)[medium.index] = withPath(medium, path);
    }
    return {...content, data, thoughtData};
  }

  /** Valid until the next. */
  #decoded({buffer, byteOffset, length}: Uint8Array): Uint8Array {
    const digits = Buffer.from(buffer, byteOffset, length).toString('latin1');
    return this.#piece.subarray(0, this.#piece.write(digits, 'base64'));
  }

  async #write(name: string, base64: Uint8Array): Promise<string> {
    const {createFile, folder, from, overwrite, refuse} = this.place;
    const target = join(folder, name);
    const path = relative(from, target).split(sep).join('/');
    if (overwrite) refuse(target);
    try {
      const file = await createFile(target, {
        overwrite,
        besides: await (this.#leftOvers ??= temporaryFiles(folder)),
      });
      try {
        for (let at = 0; at < base64.length; at += PIECE_DIGITS) {
          await file.append(this.#decoded(base64.subarray(at, at + PIECE_DIGITS)));
        }
        await file.commit();
      } finally {
        await file.discard();
      }
    } catch (error) {
      throw isTakenName(error) ? isThere(path) : error;
    }
    return path;
  }
}

function isBase64(base64: Uint8Array): boolean {
  let {length} = base64;
  for (let most = 2; most > 0 && base64[length - 1] === PADDING; most--) length--;
  if (length % 4 === 1) return false;
  for (let at = 0; at < length; at++) if (DIGITS[base64[at] ?? 0] !== 1) return false;
  return true;
}

/** 1 for each digit, those of the form for URLs too. */
const DIGITS = new Uint8Array(256);
for (const digit of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_'))
  DIGITS[digit] = 1;

async function temporaryFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []); // The folder is made with its first file.
  return names.filter((name) => name.endsWith('.tmp'));
}

/** The part as it was, with the path of the file instead of the data. */
function withPath({part}: Media, path: string): RawJson {
  const inline = Object.entries(fieldOf(part, 'inlineData') ?? {}).filter(([name]) => name !== 'data');
  return new RawJson(JSON.stringify({...part, inlineData: {...Object.fromEntries(inline), file: path}}));
}

function isThere(path: string): GembatchError {
  return new GembatchError('STORAGE', `${path} is there already, with other content. It is untouched.`, {
    suggestions: ['Choose another folder for --media, or replace what is in it: --overwrite'],
  });
}
