import {timesRange, type Range} from './range.js';

/** How closely a model looks at media: `mediaResolution` without its prefix; null where the request does not say. */
export type MediaResolution = 'LOW' | 'MEDIUM' | 'HIGH' | 'ULTRA_HIGH' | null;

/**
 * Tokens of a file that stands in a request, by modality.
 *
 * Images and pages cost the same whatever their size since Gemini 3
 * (https://ai.google.dev/gemini-api/docs/media-resolution); Gemini 2.5 cuts large images into tiles
 * (https://ai.google.dev/gemini-api/docs/tokens). The length of sound and video is not known before it is decoded, and is
 * taken from the size at a usual bit rate.
 *
 * @param data - base64, as in `inlineData`.
 * @returns undefined for a kind of file whose tokens are not published.
 */
export function mediaTokens(
  {mimeType, data}: {mimeType: string; data: string},
  {isGemini2, resolution}: {isGemini2: boolean; resolution: MediaResolution},
): {readonly modality: string; readonly tokens: Range} | undefined {
  const [kind] = mimeType.split('/');
  const sizeBytes = (data.length / 4) * 3;
  switch (mimeType === 'application/pdf' ? 'pdf' : kind) {
    case 'image':
      return {modality: 'image', tokens: isGemini2 ? tiles(resolution) : exactly(imageTokens(resolution))};
    case 'pdf':
      return {
        modality: 'image',
        tokens: timesRange(pagesOf(data, sizeBytes), pageTokens(isGemini2, resolution)),
      };
    case 'audio':
      return {
        modality: 'audio',
        tokens: timesRange(secondsOf(mimeType, data, sizeBytes), isGemini2 ? 32 : 25),
      };
    case 'video':
      // One frame a second, and the sound.
      return {
        modality: 'video',
        tokens: timesRange(around(sizeBytes / VIDEO_BYTES_PER_SECOND), frameTokens(isGemini2, resolution)),
      };
    default:
      return undefined;
  }
}

const VIDEO_BYTES_PER_SECOND = 250_000;
const SOUND_BYTES_PER_SECOND = 16_000;
const BYTES_PER_PAGE = 60_000;

function imageTokens(resolution: MediaResolution): number {
  return {LOW: 280, MEDIUM: 560, HIGH: 1120, ULTRA_HIGH: 2240}[resolution ?? 'HIGH'];
}

/** Gemini 2.5: 258 tokens a tile, and at a closer look some tiles more. */
function tiles(resolution: MediaResolution): Range {
  return resolution === 'LOW' ? exactly(64) : {low: 258, likely: 258, high: 774};
}

function pageTokens(isGemini2: boolean, resolution: MediaResolution): number {
  if (isGemini2) return 258;
  return {LOW: 280, MEDIUM: 560, HIGH: 1120, ULTRA_HIGH: 1120}[resolution ?? 'MEDIUM'];
}

function frameTokens(isGemini2: boolean, resolution: MediaResolution): number {
  if (isGemini2) return resolution === 'LOW' ? 96 : 290;
  return resolution === 'HIGH' || resolution === 'ULTRA_HIGH' ? 305 : 95;
}

/** Pages are objects of the file; where they are packed into streams, only the size tells. */
function pagesOf(data: string, sizeBytes: number): Range {
  const pages =
    Buffer.from(data, 'base64')
      .toString('latin1')
      .match(/\/Type\s*\/Page\b/gu)?.length ?? 0;
  return pages > 0 ? exactly(pages) : around(Math.max(1, sizeBytes / BYTES_PER_PAGE));
}

/** The header of a WAV file tells its bytes per second. */
function secondsOf(mimeType: string, data: string, sizeBytes: number): Range {
  if (/wav|wave/u.test(mimeType)) {
    const header = Buffer.from(data.slice(0, 64), 'base64');
    const rate =
      header.length >= 32 && header.toString('latin1', 0, 4) === 'RIFF' ? header.readUInt32LE(28) : 0;
    if (rate > 0) return exactly(sizeBytes / rate);
  }
  return around(sizeBytes / SOUND_BYTES_PER_SECOND);
}

function exactly(count: number): Range {
  return {low: count, likely: count, high: count};
}

/** Within a factor of three from the lowest to the highest. */
function around(count: number): Range {
  return {low: count * 0.6, likely: count, high: count * 1.8};
}
