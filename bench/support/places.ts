import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** Root of the repository; benchmarks run from `.build/bench`. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The launcher that users run. */
export const CLI = join(ROOT, 'bin/run.js');

/** Programs that are measured, compiled. */
export const CHILDREN = join(ROOT, '.build/bench/children');

/** What the benchmarks share, compiled. */
export const SUPPORT = join(ROOT, '.build/bench/support');
