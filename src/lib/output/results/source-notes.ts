import {printable} from '../terminal/printable.js';
import {plural} from '../text/format.js';
import type {CountedKeys, JoinedSource} from '../../workflows/results/source/row-sources.js';

/** What must not be missed of the sources whose columns are beside the answers, one sentence each. */
export function sourceNotes(sources: readonly JoinedSource[]): readonly string[] {
  return sources.flatMap(notesOn);
}

function notesOn({
  files,
  is_changed: isChanged,
  gone,
  changed,
  replaced,
  error,
}: JoinedSource): readonly string[] {
  const name = files.map(printable).join(', ');
  const isWhole = gone.count + changed.count === 0;
  const notes: string[] = [];
  if (error !== undefined) {
    const reason = printable(error).replace(/\.$/u, '');
    notes.push(`The columns of ${name} are left out: ${reason}. If it is elsewhere: --source FILE.`);
  }
  if (isChanged) {
    const rest = isWhole ? '; each request still has its row in it.' : '.';
    notes.push(`${name} has changed since it was prepared${rest}`);
  }
  if (gone.count > 0) notes.push(`${requests(gone)} no row in ${name}; the columns are left empty.`);
  if (changed.count > 0) {
    notes.push(
      `${requests(changed)} other values in ${name} now than were asked; the columns are left empty.`,
    );
  }
  if (replaced > 0) {
    const verb = replaced === 1 ? 'was' : 'were';
    notes.push(`${plural(replaced, 'row')} ${verb} asked again since; only the newer answer is there.`);
  }
  return notes;
}

function requests({count, keys}: CountedKeys): string {
  const named = [...keys.map(printable), ...(count > keys.length ? ['…'] : [])].join(', ');
  return `${plural(count, 'request')} (${named}) ${count === 1 ? 'has' : 'have'}`;
}
