import {readNamedText} from '../../request-file/read-text.js';
import {resolve} from 'node:path';
import {closest} from '../../../domain/text/closest.js';
import {GembatchError} from '../../../domain/errors.js';
import {fieldOf, type JsonObject} from '../../../domain/json/json-object.js';
import {attachedParts} from '../sources/attachments.js';
import {keyInColumn} from './key-maker.js';
import {PromptTemplate, variableOf} from './prompt-template.js';
import type {MakeRequest} from './made-request.js';
import type {Source, SourceRow} from '../sources/source.js';

/** A template: its text, or the file that holds it. */
export interface TemplateInput {
  readonly text?: string | undefined;
  readonly file?: string | undefined;
}

/** What prompts are made with, as it was given. */
export interface PromptInput {
  readonly cwd: string;
  readonly keyColumn: string | undefined;
  readonly prompt: TemplateInput;
  readonly system: TemplateInput;
  /** Columns that name files or addresses. */
  readonly attach: readonly string[];
}

/** Makes requests of prompts, and tells the texts of the templates. */
export interface PromptMaker {
  readonly make: MakeRequest;
  readonly prompt: string;
  readonly system: string | null;
}

/** What requests hold beside their prompts. */
export interface RequestKind {
  /** The `generationConfig`; of embeddings, the other fields of the request. */
  readonly config: JsonObject | undefined;
  readonly isForEmbeddings: boolean;
}

/** The column of a list of prompts. */
const PROMPT_COLUMN = 'prompt';

/**
 * Reads and checks the templates.
 *
 * @throws GembatchError USAGE, FILE_MISSING.
 */
export async function createPromptMaker(
  sources: readonly Source[],
  input: PromptInput,
  {config, isForEmbeddings, signal}: RequestKind & {readonly signal: AbortSignal},
): Promise<PromptMaker> {
  const place = {cwd: input.cwd, signal};
  const promptText = (await readTemplate(input.prompt, '--prompt', place)) ?? defaultPrompt(sources);
  const systemText = await readTemplate(input.system, '--system', place);
  const prompt = await PromptTemplate.parse(promptText.name, promptText.text);
  const system = systemText && (await PromptTemplate.parse(systemText.name, systemText.text));
  for (const source of sources) {
    prompt.check(source);
    system?.check(source);
  }
  const {keyColumn, attach} = input;
  const configField = configText(config, isForEmbeddings);
  const requestOf = (row: SourceRow, text: string, media: readonly string[]): string => {
    const parts = [...media, textPart(text)].join(',');
    if (isForEmbeddings) return `{"content":{"parts":[${parts}]}${configField}}`;
    const systemField = system === undefined ? '' : systemInstruction(system.render(row.values));
    return `{"contents":[{"role":"user","parts":[${parts}]}]${systemField}${configField}}`;
  };
  const make: MakeRequest = (source, row) => {
    const text = prompt.render(row.values);
    if (text.trim() === '') return undefined;
    const key =
      keyColumn === undefined ? undefined : keyInColumn(keyColumn, row.values, () => source.placeOf(row.at));
    const own = row.media === undefined ? [] : [row.media];
    if (attach.length === 0) return {key, json: requestOf(row, text, own)};
    return attachedParts(attach, source, row).then((parts) => ({
      key,
      json: requestOf(row, text, [...own, ...parts]),
    }));
  };
  return {make, prompt: promptText.text, system: systemText?.text ?? null};
}

/** @throws GembatchError USAGE that names the nearest column. */
export function checkColumn({name, columns}: Source, flag: string, column: string): void {
  if (columns.includes(column)) return;
  const near = closest(column, columns);
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`;
  throw new GembatchError('USAGE', `${flag}: ${name} has no column "${column}".${meant}`, {
    suggestions: [`It has: ${columns.join(', ')}`],
  });
}

function configText(config: JsonObject | undefined, isForEmbeddings: boolean): string {
  if (config === undefined || Object.keys(config).length === 0) return '';
  const json = JSON.stringify(config);
  return isForEmbeddings ? `,${json.slice(1, -1)}` : `,"generationConfig":${json}`;
}

function textPart(text: string): string {
  return `{"text":${JSON.stringify(text)}}`;
}

function systemInstruction(text: string): string {
  return text.trim() === '' ? '' : `,"systemInstruction":{"parts":[${textPart(text)}]}`;
}

async function readTemplate(
  {text, file}: TemplateInput,
  flag: string,
  place: NamedFrom,
): Promise<{readonly name: string; readonly text: string} | undefined> {
  if (text !== undefined) return {name: flag, text};
  if (file === undefined) return undefined;
  return {name: file, text: (await readText(file, place)).replace(/\r?\n$/u, '')};
}

/** Where the paths of named files start, and what ends the wait for one that is a pipe. */
interface NamedFrom {
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/**
 * The text of a file that was named.
 *
 * @throws GembatchError FILE_MISSING, FILE_UNREADABLE, and the reason of the signal.
 */
export async function readText(file: string, {cwd, signal}: NamedFrom): Promise<string> {
  try {
    return (await readNamedText(resolve(cwd, file), signal)).replace(/^\uFEFF/u, '');
  } catch (error) {
    if (error instanceof GembatchError) throw error;
    const code = fieldOf(error, 'code');
    if (code === 'ENOENT')
      throw new GembatchError('FILE_MISSING', `${file}: there is no such file.`, {cause: error});
    throw new GembatchError('FILE_UNREADABLE', `${file}: cannot be read (${String(code)}).`, {cause: error});
  }
}

function defaultPrompt(sources: readonly Source[]): {readonly name: string; readonly text: string} {
  if (sources.every(({columns}) => columns.includes(PROMPT_COLUMN))) {
    return {name: '--prompt', text: `{{ ${PROMPT_COLUMN} }}`};
  }
  if (sources.every(({form, columns}) => form === 'files' && columns.includes('text'))) {
    return {name: '--prompt', text: '{{ text }}'};
  }
  const [source] = sources;
  const columns = source?.columns ?? [];
  throw new GembatchError('USAGE', `There is no prompt for the rows of ${source?.name ?? ''}.`, {
    suggestions: [
      `Say what to ask, with the columns as variables, for example: --prompt 'Summarise: ${variableOf([], columns.at(-1) ?? 'text')}'`,
      `Columns: ${columns.join(', ')}`,
    ],
  });
}
