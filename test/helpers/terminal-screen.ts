/** Moves of the cursor and clearing, as gembatch sends them; the rest of the control sequences changes no text. */
// oxlint-disable-next-line no-control-regex -- control sequences are what is read here.
const SEQUENCE = /\u001B\[(?<parameters>[\d;?]*)(?<command>[A-Za-z])|[^\u001B]/gu;

/**
 * What a person sees in the end of all that was sent to a terminal, what has scrolled away included: lines without blanks
 * at their ends.
 */
export function screenText(sent: string, columns = 80): string {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const lineAt = (index: number): string[] => {
    while (lines.length <= index) lines.push([]);
    return lines[index] ?? [];
  };
  for (const [text, parameters = '', command = ''] of sent.matchAll(SEQUENCE)) {
    if (command === 'A') row = Math.max(0, row - Number(parameters || 1));
    else if (command === 'K') lineAt(row).length = Math.min(lineAt(row).length, column);
    else if (command === 'J') {
      lineAt(row).length = Math.min(lineAt(row).length, column);
      lines.length = row + 1;
    } else if (command !== '') continue;
    else if (text === '\r') column = 0;
    else if (text === '\n') row += 1;
    else {
      if (column === columns) [row, column] = [row + 1, 0];
      const line = lineAt(row);
      while (line.length < column) line.push(' ');
      line[column] = text;
      column += 1;
    }
  }
  return lines
    .map((line) => line.join('').trimEnd())
    .join('\n')
    .trimEnd();
}
