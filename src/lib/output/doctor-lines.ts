import type {SetupCheck, SetupReport} from '../workflows/doctor/check-setup.js';
import {printable} from './terminal/printable.js';

const SIGNS: Readonly<Record<SetupCheck['status'], string>> = {
  ok: '✔',
  warning: '!',
  failed: '✖',
  skipped: '·',
};

/** The screen of `gembatch doctor`: a line for each check, and below it what to do. */
export function doctorLines({checks}: SetupReport): readonly string[] {
  const width = Math.max(...checks.map(({name}) => name.length));
  return checks.flatMap(({name, status, detail, next}) => [
    `${SIGNS[status]} ${name.padEnd(width)}  ${printable(detail)}`,
    ...(next === null ? [] : [`${' '.repeat(width + 4)}${printable(next)}`]),
  ]);
}
