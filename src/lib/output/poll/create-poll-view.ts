import type {QueueWait} from '../../workflows/run/run-report.js';
import type {PolledJob, PollEvent} from '../../workflows/poll/poll-report.js';
import {pollJson} from './poll-json.js';
import {LivePollView} from './live-poll-view.js';
import {waitText} from './queue-wait.js';
import {pollLines} from './poll-lines.js';
import {summaryLines} from './poll-summary-lines.js';
import {progressText} from './progress-text.js';
import {printable, printableJson} from '../terminal/printable.js';
import {colorsFor, marksFor, printFolded} from '../terminal/screen.js';
import {ownCommand} from '../../domain/program-name.js';
import type {PollView, PollViewOptions} from './poll-view.js';

/** Where there is no person to see it. */
const NO_DISPLAY: Pick<PollView, 'wait' | 'hide' | 'close'> = {
  wait: () => undefined,
  hide: () => undefined,
  close: () => undefined,
};

/** Shows nothing. */
export const SILENT_POLL_VIEW: PollView = {...NO_DISPLAY, report: () => undefined};

/** The view for a mode. */
export function createPollView(options: PollViewOptions): PollView {
  const {mode, clock, stdout, env} = options;
  if (mode === 'json') {
    const time = (): string => new Date(clock.now()).toISOString();
    const report = (event: PollEvent): void => {
      for (const object of pollJson(event, time())) stdout.write(`${printableJson(object)}\n`);
    };
    return {...NO_DISPLAY, report};
  }
  const style = {
    colors: colorsFor(stdout, env),
    marks: marksFor({env}),
    again: options.again ?? ownCommand('poll'),
  };
  const view = mode === 'live' ? new LivePollView(options) : plainView(options);
  let hasNewResults = false;
  return {
    report: (event) => {
      view.report(event);
      if (event.type === 'result') hasNewResults = true;
      if (event.type !== 'summary') return;
      view.close();
      printFolded(stdout, summaryLines(event.summary, event.jobs, {...style, hasNewResults}));
    },
    wait: (wait) => view.wait(wait),
    hide: (isHidden) => view.hide(isHidden),
    close: () => view.close(),
  };
}

/** While nothing else is news, how far it is, and why files wait, is said this often. */
const HEARTBEAT_MS = 300_000;

/** One line for each job, at its end, and how far all is from time to time. */
function plainView({mode, stderr, clock}: PollViewOptions): PollView {
  const jobs = new Map<string, PolledJob>();
  const isEnd = ({name, outcome}: PolledJob): boolean =>
    outcome !== 'running' && jobs.get(name)?.outcome !== outcome;
  const isShown = (event: PollEvent): boolean => {
    if (event.type === 'state' && !isEnd(event.job)) return false;
    return mode === 'plain' || event.type === 'error' || event.type === 'warning';
  };
  let beatMs = clock.monotonic();
  let waiting: QueueWait | null = null;
  const report = (event: PollEvent): void => {
    const lines = isShown(event) ? pollLines(event) : [];
    if (event.type === 'jobs') for (const job of event.jobs) jobs.set(job.name, job);
    if (event.type === 'state' || event.type === 'result') jobs.set(event.job.name, event.job);
    if (event.type === 'asked' && mode === 'plain' && clock.monotonic() - beatMs >= HEARTBEAT_MS) {
      beatMs = clock.monotonic();
      const text = progressText([...jobs.values()], clock.now(), waiting?.requests ?? undefined);
      stderr.write(`${printable(text)}\n`);
    }
    for (const line of lines) stderr.write(`${line}\n`);
  };
  let said: {readonly reason: string; readonly atMs: number} | undefined;
  const wait = (now: QueueWait | null): void => {
    waiting = now;
    if (now === null || mode !== 'plain') return;
    const isOld = said === undefined || clock.monotonic() - said.atMs >= HEARTBEAT_MS;
    if (said?.reason === now.reason && !isOld) return;
    said = {reason: now.reason, atMs: clock.monotonic()};
    stderr.write(`${waitText(now, clock.now())}\n`);
  };
  return {...NO_DISPLAY, report, wait};
}
