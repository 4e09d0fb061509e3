/** Answers that are about another job than was asked for, or that are not the service's at all. */
import {EXIT} from '../../src/lib/domain/errors.js';
import {eachOf, sampled, type Attack} from './support/attack.js';
import {noteFaults, STEPS, SUBMIT, WIDTH} from './support/commands.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {serviceCalls} from './support/service-calls.js';
import {Trial} from './support/trial.js';
import {NO_ADOPTION, type Weakening} from './support/weakened-build.js';

guardedAttack(
  {
    group: 'answers',
    attack: 'asked for one job, the service answers with another',
    unit: 'commands',
    rounds: {short: 1, whole: 20},
    guard: {
      without: 'whatever comes is taken for the answer',
      changes: [
        {
          file: 'lib/services/gemini/gemini-batch-client.js',
          find: 'checkIdentity(name, job.name',
          replace: 'void (name, job.name',
        },
        {
          file: 'lib/workflows/job-states/refresh-jobs.js',
          find: 'batch.name === name && isSameName && isSameFile',
          replace: 'true',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const commands = [
      ['poll', '--once'],
      ['list', '--refresh'],
      ['poll', '--timeout', '20m'],
      ['cancel', '001.jsonl', '--yes'],
    ];
    const cases = commands.flatMap((command) => [
      {command, isRenamed: false},
      {command, isRenamed: true},
    ]);
    const tries = bin === undefined ? repeated(cases, rounds) : cases.slice(0, 4);
    await eachOf(tries, WIDTH, async ({command, isRenamed}) => {
      await Trial.with({files: 2, bin}, async (trial) => {
        const {control} = trial.emulator;
        await trial.run(SUBMIT);
        control.outcome({match: '002.jsonl', rows: [{fault: 'error', keys: ['r1', 'r2']}]});
        control.advance(600_000);
        const named = namesOf(trial);
        await swapAnswers(trial, isRenamed);
        const {code, stdout, stderr} = await trial.run(command, STEPS);
        attack.tried();
        const what = `${command.join(' ')}${isRenamed ? ', under its name' : ''}`;
        if (code === EXIT.ok) attack.violation(`${what}: exit 0: ${stdout}${stderr}`);
        if (namesOf(trial) !== named) attack.violation(`${what}: other names are recorded`);
        noteRows(attack, trial, what);
        control.clearFaults();
        await trial.run(['poll', '--once'], STEPS);
        if (trial.records().some(({results}) => results === undefined))
          attack.violation(`${what}: afterwards results are missing`);
        noteRows(attack, trial, what);
      });
    });
  },
);

/** Results that are recorded are those of their own job: all of 001.jsonl is answered, and nothing of 002.jsonl. */
function noteRows(attack: Attack, trial: Trial, what: string): void {
  for (const {input_file: file, results} of trial.records()) {
    const ok = results?.rows.ok;
    if (ok !== undefined && ok !== (file === '001.jsonl' ? 2 : 0))
      attack.violation(`${what}: results of another job are recorded for ${file}`);
  }
}

/** Each of the two jobs is answered with the other one, as that, or under the name that was asked for. */
async function swapAnswers({emulator}: Trial, isRenamed: boolean): Promise<void> {
  const names = emulator.control.jobs();
  const texts = await Promise.all(names.map((name) => jobText(emulator.url, name)));
  names.forEach((match, at) => {
    const told = texts[1 - at] ?? '';
    const text = isRenamed ? told.replaceAll(names[1 - at] ?? '', match) : told;
    emulator.control.fault({on: 'batches.get', match, times: null, fault: {kind: 'body_after', text}});
  });
}

async function jobText(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/v1beta/${name}`, {headers: {'x-goog-api-key': 'test-key'}});
  return response.text();
}

function namesOf(trial: Trial): string {
  return trial
    .records()
    .map(({input_file: file, batch}) => `${file} ${batch.name}`)
    .join();
}

guardedAttack(
  {
    group: 'answers',
    attack: 'a create is answered with another job',
    unit: 'creates',
    rounds: {short: 2, whole: 20},
    guard: {
      without: 'whatever comes is taken for the new job',
      changes: [
        NO_ADOPTION,
        {
          file: 'lib/services/gemini/gemini-batch-client.js',
          find: 'checkIdentity(call.name',
          replace: 'void (call.name',
        },
        {
          file: 'lib/workflows/submit/create-job.js',
          find: "answersTo(intent, batch) === 'yes' && !known.hasJob(batch.name)",
          replace: 'true',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const others = ['of an earlier file', 'of somebody else', 'with a state that nobody knows'];
    await eachOf(repeated(others, rounds), WIDTH, async (other) => {
      await Trial.with({files: 2, bin}, async (trial) => {
        const {control, url} = trial.emulator;
        if (other === 'of somebody else') await serviceCalls(trial.emulator).createJobs(1);
        else await trial.run(['submit', '001.jsonl', ...SUBMIT.slice(2)]);
        const answer = await jobText(url, control.jobs()[0] ?? '');
        const text = other.startsWith('with') ? answer.replaceAll(/BATCH_STATE_\w+/gu, 'STATE_X') : answer;
        control.fault({on: 'batches.create', fault: {kind: 'body_after', text}});
        const {code} = await trial.run(SUBMIT, STEPS);
        attack.tried();
        if (code !== EXIT.ok) attack.violation(`a job ${other}: exit ${code}`);
        noteFaults(attack, `a job ${other}`, trial.lossesNow());
        await trial.run(SUBMIT, STEPS);
        noteFaults(attack, `a job ${other}`, trial.faultsAfterRecovery());
      });
    });
  },
);

/** What proxies, gateways and captive portals answer with. */
const PAGES: readonly (readonly [text: string, type: string])[] = [
  ['<html>Blocked by policy.</html>', 'text/html'],
  ['Forbidden', 'text/plain'],
  ['', 'text/html'],
  ['{"message": "no Route matched with those values"}', 'application/json'],
  ['{"error": "invalid_request"}', 'application/json'],
];

const PAGE_STATUSES = [400, 401, 403, 404, 405, 407, 411, 413, 429, 451];

/** Every page with every status, or so many of these at random. */
const EVERY_PAGE = PAGES.flatMap((page) => PAGE_STATUSES.map((status) => ({page, status})));

const TAKES_PAGES: readonly Weakening[] = [
  {file: 'lib/services/http/service-error.js', find: 'foreign !== true && ', replace: ''},
];

guardedAttack(
  {
    group: 'answers',
    attack: 'a create takes effect and a proxy answers with a page of its own',
    unit: 'creates',
    rounds: {short: 10, whole: EVERY_PAGE.length},
    guard: {without: 'any 4xx is a refusal', changes: TAKES_PAGES},
  },
  async (attack, {bin, rounds}) => {
    const count = bin === undefined ? rounds : 4;
    await eachOf(sampled(EVERY_PAGE, count, attack.random), WIDTH, async ({page: [text, type], status}) => {
      await Trial.with({files: 1, bin}, async (trial) => {
        const {control} = trial.emulator;
        control.fault({on: 'batches.create', fault: {kind: 'body_after', status, text, content_type: type}});
        const {code} = await trial.run(SUBMIT, STEPS);
        attack.tried();
        const what = `${status} ${text}`;
        noteFaults(attack, what, trial.lossesNow());
        if (code === EXIT.failed) attack.violation(`${what}: said to be refused`);
        await trial.run(SUBMIT, STEPS);
        noteFaults(attack, what, trial.faultsAfterRecovery());
      });
    });
  },
);
