import {readdir, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {fieldOf} from '../../../domain/json/json-object.js';
import {isCloudAddress} from '../../../domain/bucket/bucket-input.js';
import {MANIFEST_NAME} from '../../../domain/prepare/prepare-manifest.js';
import {endingOf} from '../../../domain/prepare/sources/media-type.js';
import {recogniseForm, unpreparableLine} from '../../../domain/prepare/sources/source-form.js';
import {collectInputs} from '../../submit/collect-inputs.js';
import type {NamedFile} from './read-files.js';
import {readHead} from './source-bytes.js';

/** What requests are to be prepared from together, or request files as they were named. */
export interface InputGroup {
  readonly kind: 'source' | 'requests';
  readonly names: readonly string[];
}

/** The longest start of a line by which a request file is known. */
const HEAD_BYTES = 64 * 1024;
const REQUEST_START = /^\s*\{\s*"(?:key|request)"\s*:/u;

/**
 * Tells sources from request files, in their order. Each table is a group of its own; files that become one request each are
 * one group together.
 *
 * @param isPrompted - whether it is said what to ask: then all but request files are sources. Otherwise only what can be nothing
 *   else is, and what was prepared before.
 */
export async function findSources(
  args: readonly string[],
  {cwd, isPrompted}: {readonly cwd: string; readonly isPrompted: boolean},
): Promise<readonly InputGroup[]> {
  const inputs = await collectInputs(args, {cwd, identify: (path) => path});
  const groups: InputGroup[] = [];
  const files: string[] = [];
  for (const input of inputs) {
    const kind = await kindOf(input, isPrompted);
    if (kind === 'files') {
      if (files.length === 0) groups.push({kind: 'source', names: files});
      files.push(input.name);
    } else groups.push({kind: kind === 'table' ? 'source' : 'requests', names: [input.name]});
  }
  return groups;
}

async function kindOf({name, path}: NamedFile, isPrompted: boolean): Promise<'table' | 'files' | 'requests'> {
  if (isCloudAddress(path)) return 'requests';
  const stats = await stat(path).catch(() => undefined);
  const isSource = isPrompted || (await wasPrepared(path));
  if (stats === undefined) return isPrompted ? 'table' : 'requests'; // Reading it will report that it is missing.
  if (stats.isDirectory()) {
    const hasRequests = (await readdir(path)).some((entry) => endingOf(entry) === 'jsonl');
    return isSource && !hasRequests ? 'files' : 'requests';
  }
  if (!stats.isFile()) return 'requests';
  const head = await readHead(path, HEAD_BYTES).catch(() => undefined);
  if (head === undefined || isRequestFile(head)) return 'requests';
  const form = recogniseForm(name, head);
  if (form === 'files' || form === 'jsonl' || form === undefined) {
    return isSource ? (form === 'files' ? 'files' : 'table') : 'requests';
  }
  return 'table';
}

function isRequestFile(head: Buffer): boolean {
  const text = head.toString('utf8').replace(/^\uFEFF/u, '');
  const end = text.indexOf('\n');
  try {
    const line: unknown = JSON.parse(end === -1 ? text : text.slice(0, end));
    return fieldOf(line, 'request') !== undefined || unpreparableLine(line) !== undefined;
  } catch {
    return REQUEST_START.test(text); // Longer than the head, as a request with an image in it is; or no JSON.
  }
}

/** Whether the folder is there into which it would be prepared. */
async function wasPrepared(path: string): Promise<boolean> {
  const stem = basename(path).replace(/(?<=.)\.[^.]+$/u, '');
  const folders = [join(dirname(path), stem), `${path}-requests`];
  const found = await Promise.all(
    folders.map((folder) => stat(join(folder, MANIFEST_NAME)).catch(() => null)),
  );
  return found.some((stats) => stats !== null);
}
