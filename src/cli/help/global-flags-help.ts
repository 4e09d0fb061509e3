import type {FlagInput} from '@oclif/core/parser';
import {BaseCommand} from '../base-command.js';
import {costFlags} from '../flags/cost-flags.js';

/**
 * What `gembatch help global-flags` prints: the flags of every command that works on the job-info file, and those that
 * bound what jobs cost.
 */
export function globalFlagsHelp(): string {
  const json = ['    --json', 'print one JSON object on stdout, and nothing else there'] as const;
  const sections = [
    {title: 'GLOBAL FLAGS', rows: [...rowsOf(BaseCommand.baseFlags), json]},
    {title: 'COST FLAGS (submit, run and retry)', rows: rowsOf(costFlags)},
  ];
  const width = Math.max(...sections.flatMap(({rows}) => rows).map(([flag]) => flag.length));
  return sections
    .map(({title, rows}) =>
      [title, ...rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`)].join('\n'),
    )
    .join('\n\n');
}

function rowsOf(flags: FlagInput): readonly (readonly [string, string])[] {
  return Object.entries(flags).map(([name, flag]) => {
    const char = flag.char === undefined ? '    ' : `-${flag.char}, `;
    const value = 'helpValue' in flag ? `=${String(flag.helpValue)}` : '';
    const fallback = 'default' in flag ? ` [default: ${String(flag.default)}]` : '';
    const variable = flag.env === undefined ? '' : ` [env: ${flag.env}]`;
    return [`${char}--${name}${value}`, `${flag.description ?? ''}${fallback}${variable}`];
  });
}
