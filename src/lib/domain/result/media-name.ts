import {NumberList} from '../prepare/number-list.js';
import {KeyTable} from '../request-key/key-table.js';

/** What answers can hold as media; anything else is `bin`. Audio without a header comes as `audio/L16;codec=pcm;rate=24000`. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/jpg', 'jpg'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['image/heic', 'heic'],
  ['image/heif', 'heif'],
  ['image/avif', 'avif'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
  ['audio/ogg', 'ogg'],
  ['audio/opus', 'opus'],
  ['audio/flac', 'flac'],
  ['audio/aac', 'aac'],
  ['audio/aiff', 'aiff'],
  ['audio/mp4', 'm4a'],
  ['audio/l16', 'pcm'],
  ['audio/pcm', 'pcm'],
  ['video/mp4', 'mp4'],
  ['video/webm', 'webm'],
  ['video/quicktime', 'mov'],
  ['application/pdf', 'pdf'],
  ['text/plain', 'txt'],
  ['text/csv', 'csv'],
]);

/** Names may have 255 bytes; the ending and a number follow. */
const MAX_STEM_BYTES = 150;
/** Names that Windows has given away, with any ending: https://learn.microsoft.com/windows/win32/fileio/naming-a-file. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/iu;

/** Names for the media of answers: safe wherever they are unpacked, and each another one where upper and lower case are the same. */
export class MediaNames {
  readonly #taken = new KeyTable();
  /** By the number of a name, how often it was wanted. */
  readonly #counts = new NumberList();

  /** The name of the next file of the row with this key. */
  next(key: string | null, mimeType: string): string {
    const stem = stemOf(key ?? '');
    const wanted = this.#taken.add(folded(stem));
    let free = stem;
    for (let count = this.#counts.get(wanted); ; count++) {
      free = count === 0 ? stem : `${stem}-${count + 1}`;
      const size = this.#taken.size;
      const index = this.#taken.add(folded(free));
      if (count !== 0 && index !== size) continue;
      this.#counts.set(wanted, count + 1);
      this.#counts.set(index, Math.max(1, this.#counts.get(index)));
      return `${free}.${endingOf(mimeType)}`;
    }
  }
}

function endingOf(mimeType: string): string {
  return ENDINGS.get(mimeType.replace(/;.*$/su, '').trim().toLowerCase()) ?? 'bin';
}

function stemOf(key: string): string {
  const plain = key.normalize('NFC').replaceAll(/[^\p{L}\p{N}\p{M}._-]+/gu, '_');
  const cut = Buffer.from(plain).subarray(0, MAX_STEM_BYTES).toString('utf8').replaceAll('\uFFFD', '');
  const safe = cut
    .replace(/^[.-]+/u, '_')
    .replace(/\.+$/u, '')
    .replace(RESERVED, '_$&');
  return safe === '' ? '_' : safe;
}

function folded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase();
}
