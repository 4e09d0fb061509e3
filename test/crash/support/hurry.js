// Preload for child processes (`node --import`), beside the fast clock: time-outs of connections, which no clock is asked for,
// pass as fast as that clock runs; and the most memory that the process ever had, in bytes, is left in GEMBATCH_TEST_PEAK.
import {writeFileSync} from 'node:fs';
import {Socket} from 'node:net';

const speed = Number(process.env.GEMBATCH_TEST_SPEED ?? 60);
/** An answer may take so long on a machine that does other things too. */
const SHORTEST_MS = 1_500;
const hurried = (ms) => (ms > 0 ? Math.max(ms / speed, SHORTEST_MS) : ms);

const timeoutSignal = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => timeoutSignal(Math.round(hurried(ms)));
const sockets = Socket.prototype;
const setSocketTimeout = Reflect.get(sockets, 'setTimeout');
sockets.setTimeout = function (ms, ...rest) {
  return setSocketTimeout.call(this, hurried(ms), ...rest);
};

const target = process.env.GEMBATCH_TEST_PEAK;
if (target !== undefined)
  process.on('exit', () => writeFileSync(target, String(process.resourceUsage().maxRSS * 1024)));
