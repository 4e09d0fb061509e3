import {GembatchError} from '../lib/domain/errors.js';
import {foldText} from '../lib/output/terminal/display-width.js';
import {printable} from '../lib/output/terminal/printable.js';
import {widthOf} from '../lib/output/terminal/screen.js';

type Streams = Pick<NodeJS.Process, 'stdin' | 'stderr' | 'env'>;

/**
 * A question that a person answers with yes or no; undefined where nobody can be asked, as in a pipe or in CI. Only a
 * plain yes is one.
 */
export function consentOf(streams: Streams): ((question: string) => Promise<boolean>) | undefined {
  const ask = askerOf(streams);
  return ask && (async (question) => /^y(?:es)?$/iu.test(await ask(`${question} [y/N]`)));
}

/**
 * A question that a person answers with a line, without blanks around it; undefined where nobody can be asked.
 *
 * @returns asks; an empty line stands for the fallback, which is shown.
 */
export function askerOf({
  stdin,
  stderr,
  env,
}: Streams): ((question: string, fallback?: string) => Promise<string>) | undefined {
  const isAttended = stdin.isTTY && stderr.isTTY && (env['CI'] ?? '') === '';
  if (!isAttended) return undefined;
  return async (question, fallback = '') => {
    const {createInterface} = await import('node:readline/promises');
    const terminal = createInterface({input: stdin, output: stderr});
    const shown = fallback === '' ? question : `${question} [${fallback}]`;
    try {
      const lines = foldText(printable(shown), widthOf(stderr) - 1);
      return (await terminal.question(`${lines.join('\n')} `)).trim() || fallback;
    } finally {
      terminal.close();
    }
  };
}

/**
 * The question before something that cannot be undone. `--yes` answers it.
 *
 * @throws GembatchError USAGE, when it is asked where nobody can be.
 */
export function consentOrYes(
  streams: Streams,
  {isYes, isJson}: {isYes: boolean; isJson: boolean},
): (question: string) => Promise<boolean> {
  if (isYes) return async () => true;
  const consent = isJson ? undefined : consentOf(streams);
  return (
    consent ??
    (async (question) => {
      throw new GembatchError(
        'USAGE',
        `${question} ${isJson ? 'With --json' : 'Not a terminal, so'} this needs --yes. Nothing was done.`,
        {
          suggestions: ['To agree, add: --yes'],
        },
      );
    })
  );
}
