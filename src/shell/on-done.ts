import {spawn} from 'node:child_process';

/** How a command of the person's own ended. */
export interface OnDoneResult {
  readonly command: string;
  /** Its exit code; null when a signal ended it or it could not be started. */
  readonly exit_code: number | null;
}

/**
 * Runs a command line of the person's own through the shell, with facts added to its environment, and waits for its end.
 * What it prints goes to our stderr: stdout is for our own results.
 */
export function runOnDone(command: string, facts: Readonly<Record<string, string>>): Promise<OnDoneResult> {
  return new Promise((resolve) => {
    const child = spawn(command, {shell: true, stdio: ['ignore', 2, 2], env: {...process.env, ...facts}});
    child.once('error', () => resolve({command, exit_code: null}));
    child.once('close', (code) => resolve({command, exit_code: code}));
  });
}
