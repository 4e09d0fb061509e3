import {createInterface} from 'node:readline/promises';

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
    const terminal = createInterface({input: stdin, output: stderr});
    try {
      return /^y(?:es)?$/iu.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  };
}
