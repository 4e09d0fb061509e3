import {GembatchError} from '../lib/domain/errors.js';
import {printable} from '../lib/output/terminal/printable.js';

/**
 * A question that a person answers with yes or no; undefined where nobody can be asked, as in a pipe or in CI. Only a
 * plain yes is one.
 */
export function consentOf(
  streams: Pick<NodeJS.Process, 'stdin' | 'stderr' | 'env'>,
): ((question: string) => Promise<boolean>) | undefined {
  const {stdin, stderr, env} = streams;
  const isAttended = stdin.isTTY && stderr.isTTY && (env['CI'] ?? '') === '';
  if (!isAttended) return undefined;
  return async (question) => {
    const {createInterface} = await import('node:readline/promises');
    const terminal = createInterface({input: stdin, output: stderr});
    try {
      return /^y(?:es)?$/iu.test((await terminal.question(`${printable(question)} [y/N] `)).trim());
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
  streams: Parameters<typeof consentOf>[0],
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
