import {execFile} from 'node:child_process';
import {copyFile, mkdir, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {expect, test} from '@jest/globals';
import {ROOT} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

/** What the lint must refuse: a file, what it holds, and a piece of the reason that is given. */
const VIOLATIONS: readonly [file: string, code: string, reason: string][] = [
  ['src/lib/domain/fs.ts', "export {readFile} from 'node:fs/promises';", 'The domain is pure'],
  ['src/lib/domain/store.ts', "export type {JobStore} from '../store/job-store.js';", 'The domain is pure'],
  ['src/lib/domain/process.ts', 'export const home = process.env;', 'The domain is pure'],
  ['src/lib/domain/now.ts', 'export const now = Date.now();', 'Time is passed in'],
  ['src/lib/store/gemini.ts', "export type {A} from '../services/gemini/a.js';", 'The store knows the disk'],
  ['src/lib/store/workflow.ts', "export {a} from '../workflows/a.js';", 'The store knows the disk'],
  ['src/lib/store/oclif.ts', "export {ux} from '@oclif/core/ux';", 'The store knows the disk'],
  [
    'src/lib/services/gemini/store.ts',
    "export type {A} from '../../store/a.js';",
    'The client knows the service',
  ],
  [
    'src/lib/services/gemini/output.ts',
    "export {a} from '../../output/a.js';",
    'The client knows the service',
  ],
  [
    'src/lib/workflows/store.ts',
    "export {JobStore} from '../store/job-store.js';",
    'import their types only',
  ],
  ['src/lib/workflows/gemini.ts', "export {a} from '../services/gemini/a.js';", 'import their types only'],
  ['src/lib/workflows/output.ts', "export {a} from '../output/a.js';", 'one use case without a screen'],
  ['src/lib/workflows/listr.ts', "export {Listr} from 'listr2';", 'one use case without a screen'],
  ['src/lib/workflows/oclif.ts', "export {ux} from '@oclif/core/ux';", 'one use case without a screen'],
  ['src/lib/workflows/process.ts', 'export const pid = process.pid;', 'does not know the process'],
  ['src/lib/workflows/exit.ts', "export {EXIT} from '../domain/errors.js';", 'decides exit codes'],
  ['src/lib/workflows/now.ts', 'export const now = Date.now();', 'Time is passed in'],
  ['src/lib/output/workflow.ts', "export {a} from '../workflows/a.js';", 'types of their events only'],
  ['src/lib/output/store.ts', "export type {A} from '../store/a.js';", 'The output only prints'],
  ['src/lib/output/table.ts', "export {Listr} from 'listr2';", 'only the task list'],
  ['src/commands/store.ts', "export {A} from '../lib/store/a.js';", 'gets its adapters from BaseCommand'],
  ['src/commands/deep/sdk.ts', "export {A} from '@google/genai';", 'gets its adapters from BaseCommand'],
  ['src/commands/fs.ts', "export {readFile} from 'node:fs/promises';", 'gets its adapters from BaseCommand'],
  ['src/commands/other.ts', "export {default} from './submit.js';", 'Commands do not know each other'],
  ['src/commands/emulator.ts', "export {a} from '../emulator/server.js';", "only the emulator's commands"],
  ['src/cli/base.ts', "export {default} from '../commands/submit.js';", 'neither the commands nor'],
  ['src/lib/domain/request/store.ts', "export {a} from '../../store/a.js';", 'The domain is pure'],
  ['src/lib/store/lock/workflow.ts', "export {a} from '../../workflows/a.js';", 'The store knows the disk'],
  ['src/lib/workflows/poll/store.ts', "export {a} from '../../store/a.js';", 'import their types only'],
  [
    'src/lib/output/poll/workflow.ts',
    "export {a} from '../../workflows/poll/a.js';",
    'types of their events only',
  ],
  ['src/emulator/http/lib.ts', "export {a} from '../../lib/domain/errors.js';", 'shares no code'],
  ['src/cli/wiring.ts', "export {a} from '../emulator/server.js';", 'neither the commands nor'],
  ['src/emulator/lib.ts', "export {a} from '../lib/domain/errors.js';", 'shares no code'],
  ['src/emulator/package.ts', "export {A} from '@google/genai';", 'shares no code'],
  ['src/lib/store/float.ts', 'export function f(p: Promise<void>): void {\n  p;\n}', 'no-floating-promises'],
  ['src/lib/store/type.ts', "import {A} from './a.js';\nexport let a: A;", 'consistent-type-imports'],
  ['src/lib/store/prefix.ts', "export {readFile} from 'fs';", 'prefer-node-protocol'],
  ['src/lib/store/assert.ts', 'export const f = (a?: {b: 1}) => a!.b;', 'no-non-null-assertion'],
  ['src/lib/store/console.ts', "console.log('a');", 'no-console'],
  ['src/lib/store/exit.ts', 'process.exit(1);', 'no-process-exit'],
  ['src/lib/store/egg.ts', "import type {Hen} from './hen.js';\nexport interface Egg {of: Hen}", 'no-cycle'],
  ['src/lib/store/hen.ts', "import type {Egg} from './egg.js';\nexport interface Hen {of: Egg}", 'no-cycle'],
];

/** What the zones allow. */
const ALLOWED: readonly [file: string, code: string][] = [
  ['src/lib/domain/ok.ts', "export {createHash} from 'node:crypto';\nexport {a} from './a.js';"],
  ['src/lib/store/ok.ts', "export {a} from '../domain/a.js';\nexport {readFile} from 'node:fs/promises';"],
  [
    'src/lib/services/gemini/ok.ts',
    "export {a} from '../../domain/a.js';\nexport {GoogleGenAI} from '@google/genai';",
  ],
  ['src/lib/workflows/ok.ts', "import type {A} from '../store/a.js';\nexport const a = (b: A) => b;"],
  ['src/lib/output/ok.ts', "import type {A} from '../workflows/a.js';\nexport const a = (b: A) => b;"],
  ['src/lib/output/submit/task-list.ts', "export {Listr} from 'listr2';"],
  ['src/lib/domain/request/ok.ts', "export {a} from '../json/a.js';\nexport {b} from '../errors.js';"],
  ['src/lib/store/lock/ok.ts', "export {a} from '../../domain/a.js';\nexport {lock} from 'lockfile';"],
  ['src/commands/ok.ts', "export {BaseCommand} from '../cli/base-command.js';"],
  ['src/commands/emulator/start.ts', "export {a} from '../../emulator/server.js';"],
  ['src/cli/emulator-flags.ts', "export {a} from '../emulator/server.js';"],
  ['src/cli/base-command.ok.ts', "export {JobStore} from '../lib/store/job-store.js';"],
  ['src/emulator/ok.ts', "export {createServer} from 'node:http';\nexport {a} from './routes/a.js';"],
];

// One run of the real linter over real files: its start is what takes the time.
test('each import zone and each rule of the house is enforced, with its reason', async () => {
  const folder = await tempDir();
  await Promise.all(
    ['.oxlintrc.json', 'tsconfig.json', 'package.json'].map((name) =>
      copyFile(join(ROOT, name), join(folder, name)),
    ),
  );
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, code] of [...VIOLATIONS, ...ALLOWED]) {
    await mkdir(dirname(join(folder, file)), {recursive: true});
    await writeFile(join(folder, file), `${code}\n`);
  }

  const findings = await lint(folder);
  const missed = VIOLATIONS.filter(
    ([file, , reason]) => !findings.some((found) => found.file === file && found.text.includes(reason)),
  );
  expect(missed).toEqual([]);
  const allowed = new Set(ALLOWED.map(([file]) => file));
  expect(findings.filter((found) => allowed.has(found.file))).toEqual([]);
});

async function lint(folder: string): Promise<{file: string; text: string}[]> {
  const report = await new Promise<string>((resolve) => {
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    execFile(
      process.execPath,
      [oxlint, '--type-aware', '--format', 'json', 'src'],
      {cwd: folder},
      (_failed, stdout) => {
        resolve(stdout);
      },
    );
  });
  const {diagnostics} = JSON.parse(report) as {
    diagnostics: {filename: string; code: string; message: string; help?: string}[];
  };
  return diagnostics.map(({filename, code, message, help = ''}) => ({
    file: filename,
    text: `${code} ${message} ${help}`,
  }));
}
