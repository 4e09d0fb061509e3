import {rawList, rawObject, type RawJson} from '../../domain/json/raw-json.js';
import type {AnswerContent} from '../../workflows/results/answer-content.js';
import type {ReportRow} from '../../workflows/results/report-rows.js';
import {printableJsonText} from '../terminal/printable.js';

/** A joined row as a line of JSON, line end included. Nothing of an answer is left out but thoughts that were not asked for. */
export function joinedLine(row: ReportRow, {showsThoughts}: {readonly showsThoughts: boolean}): string {
  const {contents, columns} = row;
  const [first] = contents;
  const json = rawObject([
    ['file', row.file],
    ['key', row.key],
    ['columns', columns.size === 0 ? undefined : rawObject(columns)],
    ['request', row.request],
    ['outcome', row.outcome],
    ['text', row.text],
    ['json', row.json],
    ['data', row.embedding ?? dataOf(first)],
    ...besideText(first, showsThoughts),
    ['candidates', contents.length > 1 ? candidatesOf(contents, showsThoughts) : undefined],
    ['finish_reason', row.finishReason],
    ['error', row.error],
    ['tokens', row.tokens],
    ['model', row.model],
  ]);
  return `${printableJsonText(json.text)}\n`;
}

function dataOf(content: AnswerContent | undefined): RawJson | null {
  return listOf(content?.data) ?? null;
}

function listOf(data: readonly RawJson[] = []): RawJson | undefined {
  return data.length === 0 ? undefined : rawList(data);
}

function besideText(
  content: AnswerContent | undefined,
  showsThoughts: boolean,
): readonly (readonly [string, unknown])[] {
  return [
    ['thoughts', showsThoughts ? (content?.thoughts ?? null) : undefined],
    ['thoughts_data', showsThoughts ? listOf(content?.thoughtData) : undefined],
    ['grounding', content?.grounding],
    ['citations', content?.citations],
    ['url_context', content?.urlContext],
  ];
}

function candidatesOf(contents: readonly AnswerContent[], showsThoughts: boolean): RawJson {
  return rawList(
    contents.map((content) =>
      rawObject([
        ['text', content.text],
        ['data', dataOf(content)],
        ...besideText(content, showsThoughts),
        ['finish_reason', content.finishReason],
      ]),
    ),
  );
}
