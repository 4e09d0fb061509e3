import type {Interface} from 'node:readline/promises';
import {GembatchError} from '../lib/domain/errors.js';
import {foldText} from '../lib/output/terminal/display-width.js';
import {printable} from '../lib/output/terminal/printable.js';
import {widthOf} from '../lib/output/terminal/screen.js';

type Streams = Pick<NodeJS.Process, 'stdin' | 'stderr' | 'env'>;

/**
 * A function that asks a person a yes-or-no question; undefined without a terminal, as in a pipe
 * or in CI. Every answer but `y` and `yes` means no.
 */
export function createConfirm(streams: Streams): ((question: string) => Promise<boolean>) | undefined {
  const ask = createPrompt(streams);
  return ask && (async (question) => /^y(?:es)?$/iu.test(await ask(`${question} [y/N]`)));
}

/**
 * A function that asks a person for a line of text and returns it trimmed; undefined without a terminal. An empty line means
 * the fallback, which is shown.
 */
export function createPrompt({
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
      return (await answerOn(terminal, `${lines.join('\n')} `)).trim() || fallback;
    } finally {
      terminal.close();
    }
  };
}

/** @throws GembatchError INTERRUPTED after Ctrl-C, and after Ctrl-D, which ends the input. */
async function answerOn(terminal: Interface, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const end = (): void =>
      reject(
        new GembatchError('INTERRUPTED', 'The question was not answered.', {details: {signal: 'SIGINT'}}),
      );
    terminal.once('close', end);
    terminal.question(question).then(resolve, end);
  });
}

/**
 * A function that asks before something that cannot be undone. `--yes` is a yes to every question.
 *
 * The function throws GembatchError USAGE without a terminal.
 */
export function createConfirmOrYes(
  streams: Streams,
  {isYes, isJson}: {isYes: boolean; isJson: boolean},
): (question: string) => Promise<boolean> {
  if (isYes) return async () => true;
  const consent = isJson ? undefined : createConfirm(streams);
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
