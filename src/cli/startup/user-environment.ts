import {homedir, userInfo} from 'node:os';

/**
 * Fills in `SHELL` and `HOME` where nothing names them: a container or a cron job may run under a user id without an entry
 * in /etc/passwd. oclif asks the system for both before any command runs, and the system then throws.
 */
export function fillInUserEnvironment(env: NodeJS.ProcessEnv): void {
  if (env['SHELL'] === undefined && !answers(userInfo)) env['SHELL'] = '/bin/sh';
  // As Docker sets it for such a user. Never a folder for everybody such as /tmp, where others could plant files.
  if (env['HOME'] === undefined && !answers(homedir)) env['HOME'] = '/';
}

function answers(question: () => unknown): boolean {
  try {
    question();
    return true;
  } catch {
    return false;
  }
}
