import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from '@jest/globals';
import {runCli} from '../helpers/run-cli.js';

/** The comment that the bundle puts before each file of the sources and of a package. */
const SOURCE = /^\/\/ ((?:src|node_modules)\/\S+)$/gmu;

/** What a command has loaded. */
interface Loaded {
  /** Files of the installation; each takes 0.3 to 0.8 ms to find, read and compile. */
  readonly files: number;
  /** The sources in them. */
  readonly sources: readonly string[];
}

/** Runs a command and returns what it loaded, as V8 saw it. */
async function loadedBy(args: readonly string[], lines?: string): Promise<Loaded> {
  const folder = await mkdtemp(join(tmpdir(), 'gembatch-start-'));
  try {
    if (lines !== undefined) await writeFile(join(folder, 'x.jsonl'), lines);
    const coverage = join(folder, 'coverage');
    await runCli(args, {cwd: folder, env: {NODE_V8_COVERAGE: coverage}});
    const [report = ''] = await readdir(coverage);
    const {result} = JSON.parse(await readFile(join(coverage, report), 'utf8')) as {result: {url: string}[]};
    const paths = result.filter(({url}) => url.startsWith('file:')).map(({url}) => fileURLToPath(url));
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    const sources = texts.flatMap((text) => Array.from(text.matchAll(SOURCE), ([, source = '']) => source));
    return {files: paths.length, sources: [...new Set(sources)].sort()};
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** Small, so that it comes with what all commands share: a file of its own would take longer. */
const SHARED = 'src/lib/workflows/submit/collect-inputs.ts';

/** Of the sources, the commands and what they do. */
function work({sources}: Loaded): readonly string[] {
  return sources.filter(
    (source) =>
      source !== SHARED &&
      /^src\/(?:commands|lib\/(?:services\/(?:gemini|transfer)|store|workflows))\//u.test(source),
  );
}

test('help loads no command, not even its own', async () => {
  for (const args of [['submit', '--help'], ['help', 'submit'], ['help'], []])
    expect(work(await loadedBy(args))).toEqual([]);
});

test('wrong usage loads the command that it is of, and no store', async () => {
  const loaded = await loadedBy(['submit', '--nonsense']);
  expect(work(loaded)).toEqual(['src/commands/submit.ts']);
  expect(loaded.files).toBeLessThanOrEqual(10);
  expect(work(await loadedBy(['poll', '--nonsense']))).toEqual(['src/commands/poll.ts']);
});

test('without an API key only the store and what looks at the files is loaded', async () => {
  const loaded = await loadedBy(['submit', 'x.jsonl']);
  expect(work(loaded).filter((source) => !source.startsWith('src/lib/store/'))).toEqual([
    'src/commands/submit.ts',
    'src/lib/workflows/request-file/file-error.ts',
    'src/lib/workflows/request-file/first-fault.ts',
    'src/lib/workflows/request-file/open-file.ts',
    'src/lib/workflows/submit/check/first-faults.ts',
    'src/lib/workflows/submit/check/with-preparation.ts',
    'src/lib/workflows/submit/duplicates/known-jobs.ts',
  ]);
  expect(loaded.sources).not.toContain('src/lib/store/store-writer.ts');
  expect(loaded.files).toBeLessThanOrEqual(13);
});

test('a line is checked by what is loaded for it, where there is one', async () => {
  const check = 'src/lib/domain/request/request-file.ts';
  expect((await loadedBy(['submit', 'x.jsonl'])).sources).not.toContain(check);
  const line = '{"key": "1", "request": {"contents": [{"parts": [{"text": "Hello"}]}]}}\n';
  const loaded = await loadedBy(['submit', 'x.jsonl'], line);
  expect(loaded.sources).toContain(check);
  expect(loaded.sources).not.toContain('src/lib/threads/shared-thread.ts');
  expect(loaded.files).toBeLessThanOrEqual(15);
});

test('list loads nothing that writes, hashes or starts a thread', async () => {
  const loaded = await loadedBy(['list']);
  expect(loaded.sources).toContain('src/lib/workflows/list/list-jobs.ts');
  const unused = [
    'src/lib/store/store-writer.ts',
    'src/lib/threads/chunk-hash.ts',
    'src/lib/workflows/request-file/read-hashed.ts',
  ];
  expect(loaded.sources.filter((source) => unused.includes(source))).toEqual([]);
  expect(loaded.files).toBeLessThanOrEqual(28);
});

test('an unknown command loads none', async () => {
  expect(work(await loadedBy(['submti', 'x.jsonl']))).toEqual([]);
});
