import {fieldOf, isObject} from '../../domain/json/json-object.js';
import {recogniseDelimiter} from '../../domain/prepare/sources/csv-dialect.js';
import {formOfLine, recogniseForm, unpreparableLine} from '../../domain/prepare/sources/source-form.js';
import {recogniseEncoding} from '../../domain/prepare/sources/text-encoding.js';
import {ownCommand} from '../../domain/program-name.js';
import {openSources} from './sources/open-sources.js';
import {shellWord} from '../../domain/text/shell-word.js';
import {variableOf} from './template/prompt-template.js';
import {filesOfFolder} from './sources/read-files.js';
import {decodeHead, readHead} from './sources/source-bytes.js';

/** The head of a table is not longer. */
const HEAD_BYTES = 64 * 1024;
const MAX_COLUMNS_NAMED = 12;
/** What stands in the lines of request files: they are to be corrected. */
const REQUEST_NAMES = ['key', 'request'];

/** The same for a folder; undefined when it has request files, or nothing that can become a request. */
export async function preparationOfFolder(
  path: string,
  name: string,
): Promise<readonly string[] | undefined> {
  const {files, leftOut} = await filesOfFolder(path, path);
  return files.length === 0 || leftOut.has('.jsonl') ? undefined : [withPromptCommand(shellWord(name))];
}

/** The command that makes request files of a file which is none, with its columns; undefined when there is no such command. */
export async function preparationOf(path: string, name: string): Promise<readonly string[] | undefined> {
  const head = await readHead(path, HEAD_BYTES).catch(() => undefined);
  if (head === undefined) return undefined;
  const form = recogniseForm(name, head);
  const source = shellWord(name);
  const text = await decodeHead(head, recogniseEncoding(head).name);
  const looksLikeTable = form === undefined && /^[\w "-]+[,;\t]/u.test(text);
  if (form === 'csv' || form === 'tsv' || looksLikeTable) {
    return withPrompt(looksLikeTable ? `${source} --from csv` : source, headOf(text));
  }
  if (form === 'parquet' || form === 'json') return withPrompt(source, await columnsOf(path));
  if (form === 'files') return [withPromptCommand(source)];
  if (form === 'openai') return [commandFor(source)];
  return form === 'jsonl' || form === 'requests' ? ofLine(source, text) : undefined;
}

function ofLine(source: string, text: string): readonly string[] | undefined {
  const line = parsed(/^[^\n]*/u.exec(text)?.[0] ?? '');
  const isRequest = REQUEST_NAMES.some((field) => fieldOf(line, field) !== undefined);
  if (!isObject(line) || isRequest || unpreparableLine(line) !== undefined) return undefined;
  return formOfLine(line) === 'jsonl' ? withPrompt(source, Object.keys(line)) : [commandFor(source)];
}

function withPrompt(source: string, columns: readonly string[]): readonly string[] {
  const column = columns.at(-1);
  if (column === undefined) return [withPromptCommand(source)];
  const more = columns.length > MAX_COLUMNS_NAMED ? ', …' : '';
  return [
    `Make request files of it: ${ownCommand(`prepare ${source} --prompt ${shellWord(`… ${variableOf([], column)}`)}`)}`,
    `Its columns: ${columns.slice(0, MAX_COLUMNS_NAMED).join(', ')}${more}`,
  ];
}

/** The columns of a table that has to be opened to know them; none when it cannot be read. */
async function columnsOf(path: string): Promise<readonly string[]> {
  const options = {cwd: '.', from: undefined, encoding: undefined, signal: new AbortController().signal};
  const sources = await openSources([path], {...options, onBytes: () => undefined}).catch(() => []);
  return sources[0]?.columns ?? [];
}

function withPromptCommand(source: string): string {
  return `Make request files of it: ${ownCommand(`prepare ${source} --prompt '…'`)}`;
}

function commandFor(source: string): string {
  return `Make request files of it: ${ownCommand(`prepare ${source}`)}`;
}

/** The names in the first line of a table. */
function headOf(text: string): readonly string[] {
  const line = /^[^\r\n]*/u.exec(text)?.[0] ?? '';
  return line
    .split(recogniseDelimiter(text))
    .map((column) => column.trim().replace(/^"(?<name>.*)"$/u, '$<name>'))
    .filter((column) => column !== '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // No JSON, or cut: there is nothing to go by.
  }
}
