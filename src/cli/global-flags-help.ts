import {BaseCommand} from './base-command.js';

/** What `gembatch help global-flags` prints: the flags of every command that works on the job-info file. */
export function globalFlagsHelp(): string {
  const rows = Object.entries(BaseCommand.baseFlags).map(([name, flag]) => {
    const char = 'char' in flag ? `-${String(flag.char)}, ` : '    ';
    const value = 'helpValue' in flag ? `=${String(flag.helpValue)}` : '';
    const fallback = 'default' in flag ? ` [default: ${String(flag.default)}]` : '';
    const variable = 'env' in flag ? ` [env: ${String(flag.env)}]` : '';
    return [`${char}--${name}${value}`, `${flag.description ?? ''}${fallback}${variable}`] as const;
  });
  const all = [...rows, ['    --json', 'print one JSON object on stdout, and nothing else there'] as const];
  const width = Math.max(...all.map(([flag]) => flag.length));
  return ['GLOBAL FLAGS', ...all.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`)].join('\n');
}
