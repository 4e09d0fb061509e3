/** Which of the recorded jobs are listed, and in which order. */
import picomatch from 'picomatch';
import {GembatchError} from '../../domain/errors.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import {stateLabel} from '../../domain/job/job-state.js';
import {closest} from '../../domain/text/closest.js';
import type {PolledJob} from '../poll/poll-report.js';
import type {FoldedJob} from './fold-jobs.js';

/** In which order jobs are listed: as they were recorded, by path, by age, by state. */
export type JobOrder = 'recorded' | 'file' | 'age' | 'state';

export interface JobFilter {
  /** Only jobs in one of these states or with one of these outcomes, as people read them; none for all. */
  readonly states: readonly string[];
  /** Only jobs of one of these models; each with or without `models/`, or a pattern; none for all. */
  readonly models: readonly string[];
  /** Only jobs that were created in this time, in milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

type JobTest = (job: PolledJob) => boolean;

/** What `--state` takes besides the states that the records have: what the service is known to say, and our outcomes. */
export const STATE_WORDS = [
  'pending',
  'running',
  'succeeded',
  'partially succeeded',
  'failed',
  'cancelled',
  'expired',
  'done',
  'bad rows',
  'altered',
  'lost',
  'not seen',
  'replaced',
];

/**
 * The jobs that a filter lets through. Of a file with several jobs those count that stand for its work.
 *
 * @throws GembatchError `USAGE` when a word is neither known nor said of any job: an empty list would hide the slip.
 */
export function filterJobs<T extends FoldedJob>(jobs: readonly T[], filter: JobFilter): readonly T[] {
  const all = [withStates(jobs, filter.states), withModels(jobs, filter.models), withTimes(filter)];
  const tests = all.filter((test) => test !== undefined);
  if (tests.length === 0) return jobs;
  const isMeant = (job: PolledJob): boolean => tests.every((test) => test(job));
  return jobs.filter((job) => countingJobs(job).some(isMeant));
}

function countingJobs(job: FoldedJob): readonly PolledJob[] {
  const counting = job.jobs?.filter(({replaced}) => !replaced) ?? [];
  return counting.length === 0 ? [job] : counting;
}

function withStates(jobs: readonly FoldedJob[], words: readonly string[]): JobTest | undefined {
  if (words.length === 0) return undefined;
  const known = new Set([...STATE_WORDS, ...jobs.flatMap(countingJobs).flatMap(labelsOf)]);
  const wanted = new Set<string>();
  for (const word of words) {
    const label = stateLabel(word.toUpperCase().replaceAll(/[- ]/gu, '_'));
    if (!known.has(label)) throw unknownLabel(word, closest(label, [...known]));
    wanted.add(label);
  }
  return (job) => labelsOf(job).some((label) => wanted.has(label));
}

function unknownLabel(word: string, meant: string | undefined): GembatchError {
  const labels = STATE_WORDS.map(asWord).join(', ');
  return new GembatchError('USAGE', `"${word}" is not a state of any batch job.`, {
    suggestions: [
      ...(meant === undefined ? [] : [`Did you mean: ${asWord(meant)}`]),
      `These can be named: ${labels}.`,
    ],
  });
}

/** A label as one word of the command line. */
function asWord(label: string): string {
  return label.replaceAll(' ', '-');
}

/** The words by which a job is found: its state and what became of it. */
function labelsOf({state, outcome, replaced}: PolledJob): readonly string[] {
  return [stateLabel(state), outcome.replace('_', ' '), ...(replaced ? ['replaced'] : [])];
}

function withModels(jobs: readonly FoldedJob[], names: readonly string[]): JobTest | undefined {
  if (names.length === 0) return undefined;
  const isNamed = picomatch(names.map(modelLabel), {nonegate: true});
  const known = [
    ...new Set(
      jobs.flatMap(countingJobs).flatMap(({model}) => (model === undefined ? [] : [modelLabel(model)])),
    ),
  ];
  if (known.length > 0 && !known.some((name) => isNamed(name)))
    throw new GembatchError('USAGE', `No batch job here has the model ${names.join(' or ')}.`, {
      suggestions: [`These are recorded: ${known.join(', ')}.`],
    });
  return ({model}) => model !== undefined && isNamed(modelLabel(model));
}

/** Without a recorded time it is unknown whether a job is in the time that was asked for. */
function withTimes({sinceMs = -Infinity, untilMs = Infinity}: JobFilter): JobTest | undefined {
  if (sinceMs === -Infinity && untilMs === Infinity) return undefined;
  return ({create_time: created = ''}) => {
    const createdMs = Date.parse(created);
    return createdMs >= sinceMs && createdMs <= untilMs;
  };
}

/** The jobs in an order; those that are equal stay as they were recorded. */
export function orderJobs<T extends PolledJob>(jobs: readonly T[], order: JobOrder): readonly T[] {
  switch (order) {
    case 'recorded':
      return jobs;
    case 'file': {
      const {compare} = new Intl.Collator('en', {numeric: true});
      return jobs.toSorted((a, b) => compare(a.file, b.file));
    }
    case 'age':
      return jobs.toSorted((a, b) => compareText(a.create_time, b.create_time));
    case 'state':
      return jobs.toSorted((a, b) => compareText(a.outcome, b.outcome) || compareText(a.state, b.state));
  }
}

function compareText(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}
