import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {appendFileSync, renameSync, truncateSync, utimesSync} from 'node:fs';
import {cp, rm, symlink, truncate, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {describe, expect, test} from '@jest/globals';
import type {GembatchError} from '../../../../src/lib/domain/errors.js';
import {inspectFile, type InspectOptions} from '../../../../src/lib/workflows/request-file/inspect-file.js';
import {checkFile, goodLine, lineWith, partLine} from '../../../helpers/check-request-file.js';
import {ROOT} from '../../../helpers/run-cli.js';
import {seededRandom} from '../../../helpers/seeded-random.js';
import {tempDir} from '../../../helpers/temp-dir.js';

const run = promisify(execFile);

/** Lines that have something wrong with them, each another. */
const BAD = ['{"key":1}', '{"key": NaN}', goodLine('7')];

async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(await tempDir(), 'requests.jsonl');
  await writeFile(path, content);
  return path;
}

async function failure(path: string, options: Partial<InspectOptions> = {}): Promise<GembatchError> {
  return inspectFile(path, {validate: true, ...options}).then(
    () => Promise.reject(new Error(`${path} is fine`)),
    (error: GembatchError) => error,
  );
}

describe('inspectFile', () => {
  test.each([true, false])('counts and hashes a file, validate: %s', async (validate) => {
    const content = `${goodLine('ü')}\r\n\n${goodLine('b')}`;
    const path = await fileOf(content);
    expect(await inspectFile(path, {validate})).toEqual({
      count: 2,
      size_bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
      warnings: [],
    });
  });

  test('names the first problem, its place and the other bad lines', async () => {
    const path = await fileOf(`${goodLine('a')}\n{"key":1}\n${goodLine('b')}\n{}\nhello\n`);
    const {code, message, details, exitCode} = await failure(path, {name: 'batch/1.jsonl'});
    expect(message).toBe(
      'batch/1.jsonl:2:2: the key is a number; write text in quotes (2 more bad lines: 4, 5).',
    );
    expect({code, details, exitCode}).toEqual({
      code: 'FILE_INVALID',
      details: {line: 2, column: 2, problems: 3},
      exitCode: 2,
    });
  });

  test('names only some of many bad lines', async () => {
    const {message, details} = await failure(await fileOf('{}\n'.repeat(50)));
    expect(message).toMatch(/\(at least 19 more bad lines: 2, 3, 4, 5, 6, 7, 8, 9, …\)\.$/u);
    expect(details).toMatchObject({problems: 20});
  });

  test('returns warnings, each once', async () => {
    const odd = lineWith('"model":"models/x"');
    const path = await fileOf(
      `${odd}\n${odd.replace('"a"', '"b"')}\n${partLine('{"text":""}').replace('"a"', '"c"')}`,
    );
    const {warnings} = await inspectFile(path, {validate: true});
    expect(warnings).toEqual([
      'line 1 and 1 more: "model" has no effect here: the model of the job is used',
      'line 3: "text" is empty; the service may refuse the request',
    ]);
  });

  test('takes any lines when it does not validate', async () => {
    const path = await fileOf('hello\n\n{}\n\t\r\n[');
    expect(await inspectFile(path, {validate: false})).toMatchObject({count: 3});
  });

  test('tells a missing file from a pattern without a match', async () => {
    const folder = await tempDir();
    const missing = await failure(join(folder, 'none.jsonl'));
    expect(missing).toMatchObject({
      code: 'FILE_MISSING',
      message: `${folder}/none.jsonl: there is no such file.`,
    });
    const pattern = await failure(join(folder, '*.jsonl'), {name: '*.jsonl'});
    expect(pattern).toMatchObject({code: 'FILE_MISSING', message: '*.jsonl: no file matches this pattern.'});
    const below = await failure(join(await fileOf('x'), 'a.jsonl'));
    expect(below).toMatchObject({code: 'FILE_MISSING'});
  });

  test('opens neither folders nor pipes nor sockets', async () => {
    const folder = await tempDir();
    const pipe = join(folder, 'pipe');
    await run('mkfifo', [pipe]);
    const server = createServer().listen(join(folder, 'socket'));
    for (const path of [folder, pipe, join(folder, 'socket'), '/dev/null']) {
      expect(await failure(path)).toMatchObject({code: 'FILE_IS_FOLDER'});
    }
    server.close();
  });

  test('says why a file cannot be read', async () => {
    const path = join(await tempDir(), 'loop.jsonl');
    await symlink(path, path);
    expect(await failure(path)).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `${path} cannot be read (ELOOP).`,
    });
  });

  test.each(['', '\n\r\n \t\n'])('refuses a file without a request: %j', async (content) => {
    const path = await fileOf(content);
    expect(await failure(path)).toMatchObject({code: 'FILE_EMPTY'});
    expect(await failure(path, {validate: false})).toMatchObject({code: 'FILE_EMPTY'});
  });

  test('refuses a file over 2 GiB without reading it', async () => {
    const path = await fileOf('');
    await truncate(path, 2 * 1024 ** 3 + 1);
    expect(await failure(path)).toMatchObject({
      code: 'FILE_TOO_LARGE',
      message: `${path} has 2147483649 bytes; the service takes 2147483648 at most.`,
    });
  });

  test.each<readonly [string, (path: string) => void]>([
    ['grows', (path) => appendFileSync(path, 'x')],
    ['shrinks', (path) => truncateSync(path, 3)],
    ['is written anew', (path) => utimesSync(path, 1, 1)],
    ['is replaced', (path) => renameSync(`${path}.new`, path)],
  ])('notices that a file %s while it is read', async (_what, change) => {
    const path = await fileOf(goodLine('a'));
    await writeFile(`${path}.new`, goodLine('b'));
    expect(await failure(path, {onProgress: () => change(path)})).toMatchObject({code: 'FILE_CHANGED'});
  });

  test('stops when it is told to', async () => {
    const path = await fileOf(goodLine('a'));
    expect(await failure(path, {signal: AbortSignal.abort()})).toMatchObject({code: 'INTERRUPTED'});
  });

  test('lets others work while it reads, and tells how far it is', async () => {
    const path = await fileOf(`${'x'.repeat(1023)}\n`.repeat(36 * 1024));
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const progress: [number, number][] = [];
    await inspectFile(path, {validate: false, onProgress: (...at) => progress.push(at)});
    clearImmediate(next);
    expect(turns).toBeGreaterThan(30);
    const size = 36 * 1024 * 1024;
    expect(progress).toEqual([
      [32 * 1024 * 1024, size],
      [size, size],
    ]);
  });

  test('reads a line that is longer than any buffer', async () => {
    const path = await fileOf(`${partLine(`{"text":"${'x'.repeat(20 * 1024 * 1024)}"}`)}\n${goodLine('b')}`);
    expect(await inspectFile(path, {validate: true})).toMatchObject({count: 2});
  });

  test('gives up on a line without end', async () => {
    const path = await fileOf(goodLine('a'));
    await truncate(path, 200 * 1024 * 1024);
    expect(await failure(path)).toMatchObject({
      code: 'FILE_INVALID',
      details: {line: 1, column: 1, problems: 1},
      message: expect.stringContaining('the line is longer than 128 MiB'),
    });
  });

  // Files so large take some tenths of a second each; smaller ones have no thread.
  test('says of a file that is hashed on a thread what it says of its bytes', async () => {
    const random = seededRandom(20260103);
    const text = 'x'.repeat(50_000);
    for (const faults of [0, 1, 3]) {
      const lines = Array.from({length: 340}, (_, i) =>
        partLine(`{"text":"${text}"}`).replace('"a"', `"${i}"`),
      );
      for (let i = 0; i < faults; i++) lines[Math.floor(random() * lines.length)] = BAD[i] ?? '';
      const content = Buffer.from(lines.join('\n'));
      const {count, problems, warnings} = checkFile(content);
      const [first] = problems;
      const path = await fileOf(content);
      const found = await inspectFile(path, {validate: true}).catch((error: GembatchError) => error.details);
      expect(found).toEqual(
        first === undefined
          ? {
              count,
              warnings,
              size_bytes: content.length,
              sha256: createHash('sha256').update(content).digest('hex'),
            }
          : {line: first.line, column: first.column, problems: problems.length},
      );
    }
  });

  test('hashes a large file without a thread when none starts', async () => {
    const folder = await tempDir();
    await cp(join(ROOT, '.build/src/lib'), join(folder, 'lib'), {recursive: true});
    await rm(join(folder, 'lib/threads/hash-worker.js'));
    const content = `${goodLine('a')}\n${' \n'.repeat(10 * 1024 * 1024)}`;
    const path = await fileOf(content);
    const script = `
      import {inspectFile} from ${JSON.stringify(join(folder, 'lib/workflows/request-file/inspect-file.js'))};
      console.log(JSON.stringify(await inspectFile(${JSON.stringify(path)}, {validate: true})));
    `;
    const {stdout, stderr} = await run(process.execPath, ['--input-type=module', '-e', script]);
    expect({stderr, ...(JSON.parse(stdout) as object)}).toEqual({
      stderr: '',
      count: 1,
      size_bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      warnings: [],
    });
  });

  test('stops in the middle of a large file', async () => {
    const path = await fileOf('');
    await truncate(path, 100 * 1024 * 1024);
    const stop = new AbortController();
    const error = await failure(path, {validate: false, signal: stop.signal, onProgress: () => stop.abort()});
    expect(error).toMatchObject({code: 'INTERRUPTED'});
  });

  // Takes about a second: memory that grew with the file would not show in a small one.
  test('needs no more memory for a large file than for a small one', async () => {
    const folder = await tempDir();
    const script = `
      import {inspectFile} from ${JSON.stringify(join(ROOT, '.build/src/lib/workflows/request-file/inspect-file.js'))};
      import {openSync, writeSync} from 'node:fs';
      const text = 'word '.repeat(2000);
      const fd = openSync('big.jsonl', 'w');
      for (let i = 0; i < Number(process.argv[1]); i++) {
        writeSync(fd, JSON.stringify({key: 'k' + i, request: {contents: [{parts: [{text}]}]}}) + '\\n');
      }
      await inspectFile('big.jsonl', {validate: true});
      console.log(process.resourceUsage().maxRSS / 1024);
    `;
    const peakMib = async (lines: number): Promise<number> => {
      const args = ['--input-type=module', '-e', script, String(lines)];
      const {stdout} = await run(process.execPath, args, {cwd: folder});
      return Number(stdout);
    };
    expect((await peakMib(15_000)) - (await peakMib(100))).toBeLessThan(40);
  });
});
