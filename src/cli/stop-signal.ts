import {EXIT_OF_SIGNAL, GembatchError} from '../lib/domain/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A signal that aborts when the command has to end: by Ctrl-C, SIGTERM or SIGHUP, or by closing the pipe that
 * reads its output. What is in flight is then brought to its durable end; a second signal ends the process at once, with
 * the exit code of that signal.
 *
 * The reason of the abort is a `GembatchError` INTERRUPTED whose `details.signal` names the signal.
 *
 * @param notify - takes the line that tells the person what happens now.
 */
export function stopOnSignals(notify: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (controller.signal.aborted) return endAtOnce(name);
      controller.abort(new GembatchError('INTERRUPTED', `Ended by ${name}.`, {details: {signal: name}}));
      notify(`${name}: finishing what is under way. Again to quit at once.`);
    });
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') controller.abort(READER_GONE);
  });
  return controller.signal;
}

const READER_GONE = new GembatchError('INTERRUPTED', 'Nobody reads the output any more.');

/** Whether what reads the output has taken all that it wants, as `head` does. */
export function hasReaderGone(stop: AbortSignal): boolean {
  return stop.reason === READER_GONE;
}

function endAtOnce(name: (typeof SIGNALS)[number]): never {
  // oxlint-disable-next-line unicorn/no-process-exit -- the second signal means now; the journal covers what is open.
  process.exit(EXIT_OF_SIGNAL.get(name));
}
