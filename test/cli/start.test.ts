import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from '@jest/globals';
import {runCli} from '../helpers/run-cli.js';

/** The comment that the bundle puts before each file of the sources. */
const SOURCE = /^\/\/ (src\/(?:commands|lib\/workflows)\/\S+)$/gmu;

/** Runs a command and returns the commands and workflows that it loaded, as V8 saw it. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gembatch-start-'));
  try {
    const coverage = join(folder, 'coverage');
    await runCli(args, {cwd: folder, env: {NODE_V8_COVERAGE: coverage}});
    const [report = ''] = await readdir(coverage);
    const {result} = JSON.parse(await readFile(join(coverage, report), 'utf8')) as {result: {url: string}[]};
    const paths = result.filter(({url}) => url.startsWith('file:')).map(({url}) => fileURLToPath(url));
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    const sources = texts.flatMap((text) => Array.from(text.matchAll(SOURCE), ([, source = '']) => source));
    return [...new Set(sources)].sort();
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

test('help loads no command', async () => {
  expect(await loadedBy(['submit', '--help'])).toEqual([]);
  expect(await loadedBy([])).toEqual([]);
});

test('an error before work loads the command that it is of, what looks at its files, and nothing to send with', async () => {
  expect(await loadedBy(['submit', 'x.jsonl'])).toEqual([
    'src/commands/submit.ts',
    'src/lib/workflows/request-file/inspect-file.ts',
    'src/lib/workflows/request-file/open-file.ts',
    'src/lib/workflows/request-file/read-chunks.ts',
    'src/lib/workflows/request-file/read-fault.ts',
    'src/lib/workflows/request-file/read-hashed.ts',
    'src/lib/workflows/submit/collect-inputs.ts',
    'src/lib/workflows/submit/duplicates/known-jobs.ts',
    'src/lib/workflows/submit/first-faults.ts',
  ]);
  expect(await loadedBy(['submit', '--nonsense'])).toEqual(['src/commands/submit.ts']);
});

test('an unknown command loads none', async () => {
  expect(await loadedBy(['submti', 'x.jsonl'])).toEqual([]);
});
