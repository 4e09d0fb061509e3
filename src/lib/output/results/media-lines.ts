import {printable} from '../terminal/printable.js';
import {plural} from '../text/format.js';

/** What became of the media of the answers that were joined. */
export interface SavedMedia {
  /** As it was named. */
  readonly folder: string;
  readonly files: number;
  /** Media that are no base64. */
  readonly unreadable: number;
}

/** Where media are. */
export function mediaLines(media: SavedMedia | undefined): readonly string[] {
  return media === undefined ? [] : [`${plural(media.files, 'media file')} → ${printable(media.folder)}`];
}

/** What must not be missed of media. */
export function mediaNotes(media: SavedMedia | undefined): readonly string[] {
  const count = media?.unreadable ?? 0;
  if (count === 0) return [];
  return [
    `Not decoded, as it is no Base64: the data of ${plural(count, 'media part')}. See "data" in a .jsonl file.`,
  ];
}
