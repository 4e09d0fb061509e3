import {mkdir, readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inTurn} from '../measure/in-turn.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {runCli, runProcess, type ProcessOptions} from '../measure/run-process.js';
import type {Bench, Figure, Row} from '../row.js';
import {emptyCli} from '../support/empty-cli.js';
import {CLI} from '../support/places.js';

const COMMANDS = {
  bare: 'node -e 0',
  version: 'gembatch --version',
  emptyHelp: 'help of an empty oclif CLI',
  help: 'gembatch submit --help',
  emptyError: 'error of an empty oclif CLI',
  error: 'gembatch submit, key missing',
} as const;

/** Exit code of a command that finds no API key. */
const CREDENTIALS = 6;

/** What must wait until work starts, by the comment that the bundle puts before each file of a package. */
const HEAVY = /^\/\/ node_modules\/(@google\/genai|listr2)\//mu;

/** How long it takes until a command answers that has nothing to do. */
export const startUp: Row = {
  id: 'start',
  title: 'Start',
  how: 'Whole processes, from start to end, in turn: in a bare environment (PATH, HOME and LANG), and with the settings that the machine gives every Node, where certificates of its own, for example, take as long as the rest of a bare start and so make every ratio smaller. The empty oclif CLI has one command without flags, is bundled and started in the same way, and answers the same: a help, an error. What is loaded is read from the coverage that V8 writes.',
  run: async (bench) => {
    const empty = await emptyCli(bench.folder);
    return [...(await times(bench, empty, true)), ...(await times(bench, empty, false)), await loaded(bench)];
  },
};

async function times({folder, pick}: Bench, empty: string, isBare: boolean): Promise<Figure[]> {
  const options = {cwd: folder, isBare};
  const failing = {...options, codes: [CREDENTIALS]};
  const node = async (args: readonly string[], how: ProcessOptions): Promise<number> =>
    (await runProcess(process.execPath, args, how)).ms;
  const values = await inTurn(pick(9, 41), {
    bare: () => node(['-e', '0'], options),
    version: () => node([CLI, '--version'], options),
    emptyHelp: () => node([empty, 'hello', '--help'], options),
    help: () => node([CLI, 'submit', '--help'], options),
    emptyError: () => node([empty, 'hello'], failing),
    error: () => node([CLI, 'submit', 'x'], failing),
  });
  const where = isBare ? 'bare environment' : "machine's environment";
  const figure = (name: keyof typeof values, base: keyof typeof values, limit: number | null): Figure =>
    ratioFigure({
      what: `${COMMANDS[name]}, ${where}`,
      against: COMMANDS[base],
      values: values[name],
      base: values[base],
      unit: 'ms',
      target: limit === null ? null : {limit, is: 'at most'},
    });
  return [
    figure('version', 'bare', 1.6),
    figure('help', 'bare', null),
    figure('error', 'bare', null),
    figure('help', 'emptyHelp', 1.25),
    figure('error', 'emptyError', 1.25),
  ];
}

/** Counts the heavy packages among the files that a submission without a key loads. */
async function loaded({folder}: Bench): Promise<Figure> {
  const coverage = join(folder, 'coverage');
  await mkdir(coverage);
  await runCli(['submit', 'x'], {
    cwd: folder,
    env: {NODE_V8_COVERAGE: coverage},
    codes: [CREDENTIALS],
  });
  const [report = ''] = await readdir(coverage);
  const {result} = JSON.parse(await readFile(join(coverage, report), 'utf8')) as {result: {url: string}[]};
  const paths = result.filter(({url}) => url.startsWith('file:')).map(({url}) => fileURLToPath(url));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  return {
    what: 'of the SDK and listr2, loaded by a submit without a key',
    against: null,
    value: texts.filter((text) => HEAVY.test(text)).length,
    unit: 'files',
    spread: null,
    target: {limit: 0, is: 'at most'},
    alarm: {limit: 0, is: 'at most'},
    bars: [],
  };
}
