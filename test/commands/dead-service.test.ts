import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli, type CliOptions} from '../helpers/run-cli.js';

/** Where nobody listens. */
const DEAD = 'http://127.0.0.1:9';
/** So much faster the clock runs that the five minutes of other commands take 15 seconds. */
const SPEED = 20;
const WITHOUT_VIEW = [
  'list --refresh',
  'cancel --all-running --yes',
  'cleanup --yes',
  'adopt --all-mine',
  'models',
  'estimate a.jsonl --count-tokens',
];

async function withJob(env: Readonly<Record<string, string>>): Promise<CliOptions> {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  return {...jobs.options, env: {...jobs.options.env, GOOGLE_GEMINI_BASE_URL: DEAD, ...env}};
}

describe.each([
  ['in a pipe', false],
  ['on a terminal', true],
])('%s', (_, isOnTerminal) => {
  test.each(WITHOUT_VIEW)('%s says at once that nobody answers, and how long it tries', async (line) => {
    const cli = startCli(line.split(' '), {...(await withJob({})), isOnTerminal});
    const message = 'Cannot reach the Gemini API (connection refused). Trying again for up to 20 s.';
    await expect(cli.seen(message)).resolves.toBeUndefined();
    cli.process.kill('SIGKILL');
  });

  test.each(['poll --once', 'poll', 'submit b.jsonl'])('%s says so when it tries again', async (line) => {
    const options = await withJob({});
    await writeFile(join(options.cwd, 'b.jsonl'), requestLines(1));
    const cli = startCli(line.split(' '), {...options, isOnTerminal});
    await expect(cli.seen('(connection refused)')).resolves.toBeUndefined();
    cli.process.kill('SIGKILL');
  });
});

test.each([...WITHOUT_VIEW, 'poll --once'])('%s gives up soon', async (line) => {
  const options = await withJob({GEMBATCH_TEST_SPEED: `${SPEED}`});
  const startedMs = performance.now();
  const {code} = await runCli(line.split(' '), {...options, nodeArgs: FAST_CLOCK});
  expect(code).toBe(9);
  expect(performance.now() - startedMs).toBeLessThan(300_000 / SPEED);
});
