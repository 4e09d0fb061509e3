/** Each file operation of a command fails, once or from then on; then the same command is run again. */
import {attackTest, eachOf, sampled} from './support/attack.js';
import {
  checkRecovery,
  checkSubmit,
  errorsOf,
  FAST,
  FAST_RUN,
  killsOf,
  noteFaults,
  SUBMIT,
  WIDTH,
} from './support/commands.js';
import {amount} from './support/form.js';
import {Trial, type FsFault} from './support/trial.js';

attackTest(
  {group: 'storage', attack: 'a file operation of a submit of 3 files fails', unit: 'errors'},
  async (attack) => {
    const errors = errorsOf(await traceOf(SUBMIT, {files: 3}));
    attack.note(`${errors.length} points`);
    await eachOf(sampled(errors, amount({short: 15, whole: 400}), attack.random), WIDTH, (fault) =>
      Trial.with({files: 3}, async (trial) => {
        const {code} = await trial.run(SUBMIT, {...FAST, fault});
        await checkSubmit(attack, trial, {code, what: nameOf(trial, fault)});
        attack.tried();
      }),
    );
  },
);

attackTest(
  {group: 'storage', attack: 'a kill, then an error during the recovery from it', unit: 'pairs'},
  async (attack) => {
    const steps = await traceOf(SUBMIT, {files: 3});
    const [kills, errors] = [killsOf(steps), errorsOf(steps)];
    const count = amount({short: 12, whole: 480});
    await eachOf(
      Array.from({length: count}, (_, index) => index),
      WIDTH,
      () =>
        Trial.with({files: 3}, async (trial) => {
          const [kill] = sampled(kills, 1, attack.random);
          const [error] = sampled(errors, 1, attack.random);
          if (kill === undefined || error === undefined) return;
          await trial.run(SUBMIT, {fault: kill});
          const killed = nameOf(trial, kill);
          const {code} = await trial.run(SUBMIT, {...FAST, fault: error});
          await checkSubmit(attack, trial, {code, what: `${killed}, then ${nameOf(trial, error)}`});
          attack.tried();
        }),
    );
  },
);

attackTest(
  {group: 'storage', attack: 'a file operation of a run of 2 files fails, to their results', unit: 'errors'},
  async (attack) => {
    const errors = errorsOf(await traceOf(FAST_RUN, {files: 2, speed: 100}));
    attack.note(`${errors.length} points`);
    await eachOf(sampled(errors, amount({short: 12, whole: 150}), attack.random), WIDTH, (fault) =>
      Trial.with({files: 2, speed: 100}, async (trial) => {
        const {code} = await trial.run(FAST_RUN, {...FAST, fault});
        const what = nameOf(trial, fault);
        noteFaults(attack, what, [...trial.lossesNow(), ...trial.lossesOfResults()]);
        if (code === 0) noteFaults(attack, `${what}, exit 0`, trial.missingResults());
        await checkRecovery(attack, trial, {what, command: FAST_RUN});
        noteFaults(attack, what, trial.missingResults());
        attack.tried();
      }),
    );
  },
);

/** The file operations of an undisturbed command. */
async function traceOf(
  command: readonly string[],
  options: {readonly files: number; readonly speed?: number},
): Promise<ReturnType<Trial['trace']>> {
  let steps: ReturnType<Trial['trace']> = [];
  await Trial.with(options, async (trial) => {
    await trial.run(command, FAST);
    steps = trial.trace();
  });
  return steps;
}

function nameOf(trial: Trial, {at, fate, isLasting}: FsFault): string {
  const step = trial.trace().find(({n}) => n === at);
  return `${fate} at ${at}${isLasting === true ? ' and later' : ''} (${step === undefined ? 'not reached' : trial.nameOf(step)})`;
}
