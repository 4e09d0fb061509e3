import {SERVICE_LIMITS} from '../service/service-of.js';

const FINGERPRINT_HEAD_LENGTH = 12;

/** What a display name of ours says about the job behind it. */
export interface DisplayNameParts {
  /** The request file, possibly shortened on the left. */
  readonly inputFile: string;
  /** First 12 hex digits of the request file's SHA-256. */
  readonly fingerprintHead: string;
  readonly attempt: string;
}

/**
 * The display name of a batch job: readable in Google's console and exact to find again, because it ends in the head
 * of the fingerprint and the attempt. A long path is shortened on the left, where it says least.
 */
export function jobDisplayName(
  inputFile: string,
  sha256: string,
  attempt: string,
  maxLength = SERVICE_LIMITS.gemini.maxNameLength,
): string {
  return withSuffix(inputFile, ` #gb-${sha256.slice(0, FINGERPRINT_HEAD_LENGTH)}-${attempt}`, maxLength);
}

/** The display name of an uploaded request file; tells ours from those of other tools. */
export function uploadDisplayName(inputFile: string, sha256: string): string {
  const {maxNameLength} = SERVICE_LIMITS.gemini;
  return withSuffix(inputFile, ` #gb-${sha256.slice(0, FINGERPRINT_HEAD_LENGTH)}`, maxNameLength);
}

/** Takes a display name apart again; undefined when the job is not one of ours. */
export function parseJobDisplayName(displayName: string): DisplayNameParts | undefined {
  const match = /^(?<inputFile>.*) #gb-(?<fingerprintHead>[0-9a-f]{12})-(?<attempt>[0-9a-z]+)$/su.exec(
    displayName,
  );
  const {inputFile, fingerprintHead, attempt} = match?.groups ?? {};
  if (inputFile === undefined || fingerprintHead === undefined || attempt === undefined) return undefined;
  return {inputFile, fingerprintHead, attempt};
}

/** Takes the display name of an upload apart again; undefined when the file is not one of ours. */
export function parseUploadDisplayName(
  displayName: string,
): Pick<DisplayNameParts, 'inputFile' | 'fingerprintHead'> | undefined {
  const match = /^(?<inputFile>.*) #gb-(?<fingerprintHead>[0-9a-f]{12})$/su.exec(displayName);
  const {inputFile, fingerprintHead} = match?.groups ?? {};
  if (inputFile === undefined || fingerprintHead === undefined) return undefined;
  return {inputFile, fingerprintHead};
}

function withSuffix(inputFile: string, suffix: string, maxLength: number): string {
  const characters = Array.from(inputFile);
  const room = maxLength - suffix.length;
  if (characters.length <= room) return inputFile + suffix;
  return `...${characters.slice(characters.length - room + 3).join('')}${suffix}`;
}
