import {normalize, sep} from 'node:path';
import {isCloudAddress} from '../../../domain/bucket/bucket-input.js';

/**
 * Whether a file can have this path. A record may say anything; beside a folder, such as `.` or `a/..`, the results would
 * be where the user did not want them, and what Windows takes for a device would swallow them.
 */
export function namesFile(path: string): boolean {
  // Of an address only the last part names a file: the others are no folders here, and `..` leads nowhere.
  const file = isCloudAddress(path) ? path.slice(path.lastIndexOf('/') + 1) : path;
  const name = normalize(file).split(sep).at(-1) ?? '';
  const isFolder = name === '' || name === '.' || name === '..';
  return !isFolder && !(sep === '\\' && isReservedOnWindows(name));
}

/**
 * Whether Windows takes a name for a device or for a stream of another file, or drops its end.
 * https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
 */
export function isReservedOnWindows(name: string): boolean {
  return /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:[ .]|$)|[<>:"|?*]|[ .]$/iu.test(name);
}
