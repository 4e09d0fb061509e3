import {mkdir, readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inTurn} from '../measure/in-turn.js';
import {ratioFigure} from '../measure/ratio-figure.js';
import {runCli, runProcess} from '../measure/run-process.js';
import type {Bench, Figure, Row} from '../row.js';

const BARE = 'node -e 0';

/** Exit code of a command that finds no API key. */
const CREDENTIALS = 6;

/** What must wait until work starts, by the comment that the bundle puts before each file of a package. */
const HEAVY = /^\/\/ node_modules\/(@google\/genai|listr2)\//mu;

/** How long it takes until a command answers that has nothing to do. */
export const startUp: Row = {
  id: 'start',
  title: 'Start',
  how: 'Whole processes, from start to end, in turn, with the settings that the machine gives every Node: certificates of its own, for example, take as long as the rest of a bare start. What is loaded is read from the coverage that V8 writes.',
  run: async (bench) => [...(await times(bench)), await loaded(bench)],
};

async function times({folder, pick}: Bench): Promise<Figure[]> {
  const options = {cwd: folder};
  const values = await inTurn(pick(9, 41), {
    bare: async () => (await runProcess(process.execPath, ['-e', '0'], options)).ms,
    version: async () => (await runCli(['--version'], options)).ms,
    help: async () => (await runCli(['help', 'submit'], options)).ms,
    submit: async () => (await runCli(['submit', 'x'], {...options, codes: [CREDENTIALS]})).ms,
  });
  const figure = (what: string, times: readonly number[], limit: number): Figure =>
    ratioFigure({
      what,
      against: BARE,
      values: times,
      base: values.bare,
      unit: 'ms',
      target: {limit, is: 'at most'},
    });
  return [
    figure('gembatch --version', values.version, 1.6),
    figure('gembatch help submit', values.help, 2.2),
    figure('gembatch submit, key missing', values.submit, 2),
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
