import {execFile} from 'node:child_process';
import {cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {schemaErrors} from '../helpers/json-schema.js';
import {commands} from '../helpers/manifest.js';
import {requestLines} from '../helpers/request-files.js';
import {ROOT, runCli} from '../helpers/run-cli.js';

// These tests take seconds each: they pack the package as it would be published, and let npm install it.

const run = promisify(execFile);

/** Commands that a command line has of its own; another one does not get them. */
const STANDALONE = /^(?:help|autocomplete)/u;

let folder: string;
let tarball: string;
let files: string[];
let version: string;

/** Runs npm with the settings of this machine: it needs its registry. */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const {stdout} = await run('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd,
    env: {...process.env, npm_config_prefix: undefined, npm_config_global: undefined},
  });
  return stdout;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'gembatch-package-')));
  const [packed] = JSON.parse(
    await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT),
  ) as {filename: string; version: string; files: {path: string}[]}[];
  if (!packed) throw new Error('npm pack packed nothing');
  tarball = join(folder, packed.filename);
  files = packed.files.map(({path}) => path);
  version = packed.version;
});

afterAll(async () => {
  await rm(folder, {recursive: true, force: true});
});

test('the package holds what runs, its types, what help and README name, and nothing else', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'bin/run.js',
      'dist/all-commands.js',
      'dist/index.js',
      'dist/main.js',
      'dist/oclif.manifest.json',
      'dist/sbom.cdx.json',
      'dist/standalone.js',
      'dist/third-party-notices.txt',
      'dist/types/index.d.ts',
      'docs/emulator.md',
      'examples/reviews.csv',
      'oclif.manifest.json',
      'package.json',
    ]),
  );
  const known =
    /^(?:LICENSE|[A-Z]+\.md|docs\/.+|examples\/.+|package\.json|oclif\.manifest\.json|bin\/run\.js|dist\/(?:types\/.+\.d\.ts|[^/]+\.js|report-page\.css|oclif\.manifest\.json|sbom\.cdx\.json|third-party-notices\.txt))$/u;
  expect(files.filter((path) => !known.test(path))).toEqual([]);
});

test('every file that README and help name is in the package', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const help = await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8');
  const linked = Array.from(readme.matchAll(/\]\((?!https?:|#)([^)#]+)/gu), ([, path = '']) => path);
  const named = Array.from(
    `${readme}${help}`.matchAll(/\b(?:docs|examples)\/[\w./-]+\.\w+/gu),
    ([path]) => path,
  );
  const missing = [...linked, ...named].filter((path) => !files.some((file) => file.startsWith(path)));
  expect(missing).toEqual([]);
});

describe('installed globally', () => {
  let bin: string;

  beforeAll(async () => {
    const prefix = join(folder, 'global');
    await npm(['install', '--global', '--prefix', prefix, tarball], folder);
    bin = await realpath(join(prefix, 'bin/gembatch'));
  }, 120_000);

  test('tells its version and its commands', async () => {
    expect((await runCli(['--version'], {cwd: folder, bin})).stdout).toContain(`gembatch/${version} `);
    for (const args of [[], ['help'], ['--help']]) {
      const {code, stdout} = await runCli(args, {cwd: folder, bin});
      expect({code, stdout}).toEqual({code: 0, stdout: expect.stringContaining('WATCH')});
    }
  });

  test('has help for each of its commands, asked for in either way', async () => {
    for (const {id, summary} of await commands()) {
      const words = id.split(':');
      const [asked, flagged] = await Promise.all(
        [
          ['help', ...words],
          [...words, '--help'],
        ].map((args) => runCli(args, {cwd: folder, bin})),
      );
      expect(asked).toMatchObject({code: 0, stdout: expect.stringContaining(summary)});
      expect(flagged?.stdout).toBe(asked?.stdout);
    }
  });

  test('submits the examples, each once, however often it is asked', async () => {
    const cwd = join(folder, 'work');
    await cp(join(ROOT, 'examples'), join(cwd, 'examples'), {recursive: true});
    const files = (await readdir(join(cwd, 'examples'))).filter((name) => name.endsWith('.jsonl')).length;
    const submit = `'${process.execPath}' '${bin}' submit 'examples/*.jsonl' --model gemini-3.5-flash-lite`;
    const args = ['emulator', 'exec', '--', 'sh', '-c', `${submit} --quiet && ${submit} --json`];
    const {code, json} = await runCli(args, {cwd, bin});
    expect({code, problems: schemaErrors('submit', json())}).toEqual({code: 0, problems: []});
    expect(json()).toMatchObject({summary: {files, submitted: 0, skipped: files}});
    const records = (await readFile(join(cwd, 'emulator-job-info.jsonl'), 'utf8')).trim().split('\n');
    expect(records).toHaveLength(files);
  });

  test('runs a command against its own emulator', async () => {
    const print = 'console.log(process.env.GOOGLE_GEMINI_BASE_URL); process.exitCode = 3';
    const args = ['emulator', 'exec', '--', process.execPath, '--eval', print];
    const {code, stdout} = await runCli(args, {cwd: folder, bin});
    expect({code, stdout}).toEqual({code: 3, stdout: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/mu)});
  });

  test('completes commands in a shell', async () => {
    const {code, stdout} = await runCli(['autocomplete', 'script', 'bash'], {cwd: folder, bin});
    expect(code).toBe(0);
    expect(stdout).toContain('complete -o default');
  });
});

describe('as a plugin of another CLI', () => {
  let host: string;
  let bin: string;

  beforeAll(async () => {
    host = join(folder, 'host');
    bin = join(host, 'run.js');
    await mkdir(host);
    await writeFile(
      join(host, 'package.json'),
      JSON.stringify({
        name: 'host',
        version: '9.9.9',
        type: 'module',
        dependencies: {'@oclif/core': '^4.14.0', gembatch: tarball},
        oclif: {bin: 'host', topicSeparator: ' ', plugins: ['gembatch']},
      }),
    );
    await writeFile(
      bin,
      "import {execute} from '@oclif/core/execute';\nawait execute({dir: import.meta.url});\n",
    );
    await npm(['install'], host);
  }, 120_000);

  test('its commands are those of the other CLI', async () => {
    const {code, stdout} = await runCli(['--help'], {cwd: host, bin});
    expect(code).toBe(0);
    expect(stdout).toContain('host/9.9.9');
    const hosted = (await commands()).filter(({id}) => !STANDALONE.test(id));
    for (const {id, summary} of hosted) {
      const {stdout: help} = await runCli([...id.split(':'), '--help'], {cwd: host, bin});
      expect(help).toContain(summary);
    }
  });

  test('what belongs to a command line as a whole is not registered there', async () => {
    for (const id of ['help', 'autocomplete']) {
      const {code, stderr} = await runCli([id], {cwd: host, bin});
      expect([code, stderr]).toEqual([2, expect.stringContaining(`command ${id} not found`)]);
    }
  });

  test('advice names the program of the other CLI', async () => {
    const args = ['estimate', 'x.jsonl', '--prices', 'none.json', '--json'];
    const {json} = await runCli(args, {cwd: host, bin});
    expect(JSON.stringify(json())).toContain('host models --json');
  });

  test('an unknown command is answered by the other CLI', async () => {
    const {code, stderr} = await runCli(['nonsense'], {cwd: host, bin});
    expect(code).toBe(2);
    expect(stderr).toContain('command nonsense not found');
    expect(stderr).not.toContain('gembatch');
  });

  test('a program can submit with it', async () => {
    await writeFile(join(host, 'requests.jsonl'), requestLines(2));
    await writeFile(
      join(host, 'library.mjs'),
      `import {GeminiBatchClient, JobStore, SUBMIT_DEFAULTS, submitFiles, systemClock as clock} from 'gembatch';
       const store = JobStore.open('job-info.jsonl', {command: 'my tool', clock});
       const baseUrl = process.env.GOOGLE_GEMINI_BASE_URL;
       const client = new GeminiBatchClient({apiKey: 'emulator', clock, baseUrl});
       const input = {...SUBMIT_DEFAULTS, model: 'gemini-3.5-flash-lite', files: ['*.jsonl'], cwd: process.cwd()};
       const {summary} = await submitFiles({store, client, clock, report: () => {}}, input);
       console.log(summary.submitted, store.read().records.length);`,
    );
    const gembatch = join(host, 'node_modules/gembatch/bin/run.js');
    const script = join(host, 'library.mjs');
    const {stdout} = await runCli(['emulator', 'exec', '--', process.execPath, script], {
      cwd: host,
      bin: gembatch,
    });
    expect(stdout).toBe('1 1\n');
  });

  test('a program can import it, with types', async () => {
    await writeFile(
      join(host, 'consumer.mts'),
      `import {GembatchError} from 'gembatch';
       const error: Error = new GembatchError('LOCKED', 'held');
       if (error instanceof GembatchError) process.exitCode = error.exitCode;
       // @ts-expect-error -- the codes are a closed list
       export const wrong = () => new GembatchError('NONSENSE', 'none');`,
    );
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const options = [
      '--module',
      'nodenext',
      '--strict',
      '--types',
      'node',
      '--typeRoots',
      join(ROOT, 'node_modules/@types'),
    ];
    await run(process.execPath, [tsc, ...options, 'consumer.mts'], {cwd: host});
    const {code} = await runCli([], {cwd: host, bin: join(host, 'consumer.mjs')});
    expect(code).toBe(5);
  });
});
