import {cpus, loadavg} from 'node:os';
import {keeps, type Figure, type Form} from '../row.js';

/** The figures of one row. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly how: string;
  readonly figures: readonly Figure[];
}

/** What a run of the benchmarks found; `bench/report.json`. */
export interface Report {
  readonly form: Form;
  readonly date: string;
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  /** Processes that wanted a core in the last minute, the benchmarks among them: how busy the machine was. */
  readonly load: number;
  readonly sections: readonly Section[];
}

/** A report of these sections, made on this machine now. */
export function reportOf(form: Form, sections: readonly Section[]): Report {
  return {
    form,
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cores: cpus().length,
    load: loadavg()[0] ?? 0,
    sections,
  };
}

/** `reached`, `missed`, or a dash where there is nothing to reach. */
export function verdict({value, target}: Figure): 'reached' | 'missed' | '–' {
  if (target === null) return '–';
  return keeps(value, target) ? 'reached' : 'missed';
}

/** The figures that no busy machine can explain. */
export function alarms(report: Report): readonly Figure[] {
  const figures = report.sections.flatMap((section) => section.figures);
  return figures.filter(({value, alarm}) => alarm !== null && !keeps(value, alarm));
}
