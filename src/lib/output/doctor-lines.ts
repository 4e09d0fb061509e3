import type {SetupCheck, SetupReport} from '../workflows/doctor/check-setup.js';
import {foldText} from './terminal/display-width.js';
import {printable} from './terminal/printable.js';
import type {Colors, Marks} from './terminal/screen.js';

export interface DoctorStyle {
  readonly width: number;
  readonly marks: Marks;
  readonly colors: Colors;
}

/** The screen of `gembatch doctor`: a line for each check, and below it what to do. */
export function doctorLines({checks}: SetupReport, {width, marks, colors}: DoctorStyle): readonly string[] {
  const signs: Readonly<Record<SetupCheck['status'], string>> = {
    ok: colors.green(marks.done),
    warning: colors.yellow('!'),
    failed: colors.red(marks.failed),
    skipped: marks.waiting,
  };
  const nameWidth = Math.max(...checks.map(({name}) => name.length));
  const indent = ' '.repeat(nameWidth + 4);
  return checks.flatMap(({name, status, detail, next}) => {
    const [first = '', ...rest] = foldText(indent + printable(detail), width);
    return [
      `${signs[status]} ${name.padEnd(nameWidth)}  ${first.trimStart()}`,
      ...rest,
      ...(next === null ? [] : foldText(indent + printable(next), width)),
    ];
  });
}
