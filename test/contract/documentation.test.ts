import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {schemaErrors} from '../helpers/json-schema.js';
import {ROOT, runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

interface ManifestCommand {
  readonly id: string;
  readonly hidden?: boolean;
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly flags: Readonly<Record<string, {readonly description?: string; readonly env?: string}>>;
}

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
const manifest = JSON.parse(await read('dist/oclif.manifest.json')) as Manifest;
const commands = Object.values(manifest.commands);
const scripting = await read('docs/scripting.md');

describe('the help', () => {
  test('of each command has a short summary, a description and examples', () => {
    const incomplete = commands.filter(
      ({summary = '', description = '', examples = []}) =>
        summary === '' || summary.length > 80 || description === '' || examples.length === 0,
    );
    expect(incomplete.map(({id}) => id)).toEqual([]);
  });

  test('of each command fits 50 lines of 80 columns and says where the exit codes are', async () => {
    const cwd = await tempDir();
    const pages: {id: string; lines: string[]}[] = [];
    for (const {id} of commands) {
      const {stdout} = await runCli([...id.split(':'), '-h'], {cwd});
      pages.push({id, lines: stdout.trimEnd().split('\n')});
    }
    expect(pages.filter(({lines}) => lines.length > 50).map(({id, lines}) => [id, lines.length])).toEqual([]);
    const pointer = 'Exit codes: gembatch help exit-codes';
    expect(pages.filter(({lines}) => !lines.at(-1)?.includes(pointer)).map(({id}) => id)).toEqual([]);
  });

  test('lists each command, the set-up first and the adoption last; src/cli/help/journey.ts has the order', async () => {
    const {stdout} = await runCli(['-h'], {cwd: await tempDir()});
    const listed = Array.from(stdout.matchAll(/^  (\w+)  /gmu), ([, id]) => id);
    const words = commands.filter(({hidden}) => !hidden).map(({id}) => id.split(':')[0]);
    expect(new Set(listed)).toEqual(new Set(words));
    expect([listed[0], listed.at(-1)]).toEqual(['init', 'adopt']);
  });

  test('describes each flag', () => {
    const undescribed = commands.flatMap(({id, flags}) =>
      Object.entries(flags)
        .filter(([, {description}]) => !description)
        .map(([name]) => `${id} --${name}`),
    );
    expect(undescribed).toEqual([]);
  });
});

test('each command line to copy that creates batch jobs, or estimates some, names a model', async () => {
  const pages = ['README.md', 'examples/README.md', 'action.yml'];
  const docs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  const texts = await Promise.all([...pages, ...docs.map((name) => `docs/${name}`)].map(read));
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => line.trim());
  const toCopy = lines.filter((line) =>
    /^(?:\$ |- |run: )?(?:npx --yes )?gembatch(?:@\S+)? (?:emulator exec .*-- gembatch )?(?:submit|run|estimate) (?!FILES)/u.test(
      line,
    ),
  );
  expect(toCopy.length).toBeGreaterThan(10);
  expect(toCopy.filter((line) => !/ (?:-m|--model) | --dry-run/u.test(line))).toEqual([]);
});

describe('docs/scripting.md', () => {
  test('names each environment variable of a flag', () => {
    const variables = commands.flatMap(({flags}) => Object.values(flags).flatMap(({env}) => env ?? []));
    expect(variables.filter((name) => !scripting.includes(`\`${name}\``))).toEqual([]);
  });

  test('links each schema', async () => {
    const schemas = await readdir(join(ROOT, 'docs/schemas'));
    expect(schemas.filter((name) => !scripting.includes(`(schemas/${name})`))).toEqual([]);
  });

  test('shows JSON that is as the schema of its section says', () => {
    const sections = scripting.split(/^## /mu).slice(1);
    const examples = sections.flatMap((section) => {
      const [, name] = /\(schemas\/([\w-]+)\.json\)/u.exec(section) ?? [];
      const [, json] = /^```json\n([^]*?)^```$/mu.exec(section) ?? [];
      return name === undefined || json === undefined ? [] : [{name, json}];
    });
    expect(examples.map(({name}) => name)).toEqual(expect.arrayContaining(['error', 'submit']));
    for (const {name, json} of examples)
      expect([name, schemaErrors(name, JSON.parse(json))]).toEqual([name, []]);
  });
});

test('a failure is the JSON that its schema describes', async () => {
  const {json} = await runCli(['nonsense', '--json'], {cwd: await tempDir()});
  expect(schemaErrors('error', json())).toEqual([]);
});
