/** How long a recovery waits is decided by the service's clock and by nothing else, and is what was said. */
import {EXIT} from '../../src/lib/domain/errors.js';
import {eachOf} from './support/attack.js';
import {noteFaults, STEPS, SUBMIT, WIDTH} from './support/commands.js';
import {guardedAttack, repeated} from './support/guarded-attack.js';
import {Trial} from './support/trial.js';
import {NO_ADOPTION} from './support/weakened-build.js';

const DAY_MS = 86_400_000;

guardedAttack(
  {
    group: 'clock',
    attack: 'the clock is set to another day between a kill and the recovery',
    unit: 'recoveries',
    rounds: {short: 3, whole: 25},
    guard: {
      without: 'the clock of this machine is believed',
      changes: [
        NO_ADOPTION,
        {
          file: 'lib/workflows/reconcile/grace-time.js',
          find: '(client.serviceTime() ?? Number.NaN)',
          replace: '(Date.now() + Number(process.env.GEMBATCH_TEST_SHIFT_MS))',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    // Up to a year; the list has the job only after the time in which one proves nothing yet.
    const cases = repeated([1, -1], rounds).map((sign) => ({
      shiftMs: Math.round(sign * DAY_MS * (1 + 364 * attack.random())),
    }));
    await eachOf(cases, WIDTH, async ({shiftMs}) => {
      await Trial.with({files: 1, bin}, async (trial) => {
        const {control} = trial.emulator;
        control.behave({list_delay_calls: 6});
        control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
        await trial.killWhen(SUBMIT, () => control.paid().length === 1);
        const {code, stderr} = await trial.run([...SUBMIT, '--create-grace', '60s'], {
          ...STEPS,
          clockShiftMs: shiftMs,
        });
        attack.tried();
        const what = `${shiftMs} ms`;
        if (code !== EXIT.ok) attack.violation(`${what}: exit ${code}: ${stderr}`);
        noteFaults(attack, what, trial.faultsAfterRecovery());
      });
    });
  },
);

/** The most that a recovery may take beyond its grace time. */
const MARGIN_MS = 15_000;

guardedAttack(
  {
    group: 'clock',
    attack: 'a recovery from a kill before the request was sent',
    unit: 'recoveries',
    rounds: {short: 6, whole: 60},
    guard: {
      without: 'it waits for a create that is under way',
      changes: [
        {
          file: 'lib/workflows/reconcile/grace-time.js',
          find: 'Math.max(0, Math.min(sinceDeathMs, sinceIntentMs))',
          replace: 'CREATE_TIMEOUT_MS + graceMs',
        },
      ],
    },
  },
  async (attack, {bin, rounds}) => {
    const graces = Array.from({length: bin === undefined ? rounds : 2}, () =>
      Math.floor(60 * attack.random()),
    );
    await eachOf(graces, WIDTH, async (graceSeconds) => {
      await Trial.with({files: 2, bin}, async (trial) => {
        const {control} = trial.emulator;
        control.fault({on: 'batches.create', times: 2, fault: {kind: 'hang_before'}});
        await trial.killWhen(SUBMIT, () => control.counts()['batches.create'] === 2);
        const {code, stderr} = await trial.run([...SUBMIT, '--create-grace', `${graceSeconds}s`], STEPS);
        attack.tried();
        const what = `grace time ${graceSeconds} s`;
        const mostMs = graceSeconds * 1000 + MARGIN_MS;
        if (code !== EXIT.ok) attack.violation(`${what}: exit ${code}: ${stderr}`);
        const tookMs = trial.firstCreateMs();
        if (!(tookMs <= mostMs)) attack.violation(`${what}: took ${tookMs} ms`);
        const [, said = 'nothing'] = /takes up to (\d+) s, because/u.exec(stderr) ?? [];
        if (!(Number(said) * 1000 <= mostMs)) attack.violation(`${what}: said ${said} s`);
        noteFaults(attack, what, trial.faultsAfterRecovery());
      });
    });
  },
);
