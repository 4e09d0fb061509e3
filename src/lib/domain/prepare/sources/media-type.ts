/** The kinds of files that one request can be made of, by the ending of their names. */

/** Types that Gemini takes: https://ai.google.dev/gemini-api/docs/document-processing, …/image-understanding, …/audio, …/video-understanding. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mp3'],
  ['aiff', 'audio/aiff'],
  ['aac', 'audio/aac'],
  ['ogg', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['m4a', 'audio/mp4'],
  ['mp4', 'video/mp4'],
  ['mpeg', 'video/mpeg'],
  ['mpg', 'video/mpeg'],
  ['mov', 'video/mov'],
  ['webm', 'video/webm'],
]);

const TEXT_ENDINGS: ReadonlySet<string> = new Set([
  'txt',
  'text',
  'md',
  'markdown',
  'html',
  'htm',
  'xml',
  'rst',
  'log',
]);

/** The media type of a path or address, or undefined when its ending is not that of media. */
export function mediaTypeOf(path: string): string | undefined {
  return MEDIA_TYPES.get(endingOf(path));
}

/** Whether a file is read as text. */
export function isTextFile(path: string): boolean {
  return TEXT_ENDINGS.has(endingOf(path));
}

/** What follows the last dot of a name, in lower case; an empty text without one. */
export function endingOf(path: string): string {
  return (
    /\.(?<ending>[a-z0-9]+)$/iu.exec(path.replace(/[?#].*$/u, ''))?.groups?.['ending']?.toLowerCase() ?? ''
  );
}
