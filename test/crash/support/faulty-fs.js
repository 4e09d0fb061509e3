// Preload for child processes (`node --import`): counts the file operations of a command below one folder, and lets
// one of them go wrong. What it does is said by GEMBATCH_FS_FAULT, one JSON object:
//   root   the folder; paths below `.home` are left alone
//   trace  a file outside of the folder to which each operation is written, a JSON line, before it is done
//   at     the number of the operation, from 1; later ones too where isLasting
//   fate   `before`, `after` (killed there), `half` (killed after half of what it writes), or an error code: EIO
import fs from 'node:fs';
import {subscribe} from 'node:diagnostics_channel';
import {syncBuiltinESMExports} from 'node:module';
import {join, sep} from 'node:path';
import {fileURLToPath} from 'node:url';

const {root, trace, at = 0, fate = '', isLasting = false} = JSON.parse(process.env.GEMBATCH_FS_FAULT);
const home = join(root, '.home');
/** Where a preload before this one may have left a clock. */
const CLOCK = Symbol.for('gembatch.clock');
const {openSync, writeSync, closeSync} = fs;
const traceDescriptor = openSync(trace, 'a');

let count = 0;
/** The path of each open descriptor below the folder. */
const paths = new Map();

/** The path that an argument stands for, if it is below the folder. */
function subjectOf(value) {
  const path =
    typeof value === 'number' ? paths.get(value) : String(value instanceof URL ? value.pathname : value);
  return path !== undefined && (path === root || path.startsWith(root + sep)) && !path.startsWith(home)
    ? path
    : null;
}

function note(entry) {
  writeSync(traceDescriptor, `${JSON.stringify(entry)}\n`);
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}

/** Counts an operation and says what becomes of it: `go`, `half`, `after`, or an error. */
function begin(entry) {
  count += 1;
  note({n: count, ...entry});
  const isHit = isLasting ? count >= at : count === at;
  if (at === 0 || !isHit) return 'go';
  if (fate === 'before') die();
  if (fate === 'half' || fate === 'after') return fate;
  return Object.assign(new Error(`${fate}: injected, ${entry.op} '${entry.path}'`), {
    code: fate,
    syscall: entry.op,
  });
}

/** What an operation writes, for the trace. */
function bytesOf(data, offset = 0, length) {
  if (typeof data === 'string') return Buffer.from(data);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return typeof offset === 'number'
    ? bytes.subarray(offset, length === undefined ? undefined : offset + length)
    : bytes;
}

function entryOf(op, path, args) {
  const entry = {op, path};
  if (['rename', 'link', 'copyFile'].includes(op)) entry.to = String(args[1]);
  if (op === 'open') entry.flags = args[1] ?? 'r';
  return entry;
}

/** Replaces a function of `node:fs` that works at once. */
function wrapSync(name) {
  const original = fs[name];
  const op = name.replace(/Sync$/, '');
  fs[name] = (...args) => {
    const path = subjectOf(args[0]);
    if (path === null) return original(...args);
    const entry = entryOf(op, path, args);
    if (op === 'write') entry.data = bytesOf(args[1], args[2], args[3]).toString('base64');
    const what = begin(entry);
    if (what instanceof Error) {
      // A close that fails closes all the same.
      if (op === 'close') original(...args);
      throw what;
    }
    if (what === 'half') {
      if (op === 'write') original(args[0], bytesOf(args[1]).subarray(0, bytesOf(args[1]).length >> 1));
      die();
    }
    const result = original(...args);
    if (what === 'after') die();
    if (op === 'open') paths.set(result, path);
    if (op === 'close') paths.delete(args[0]);
    return result;
  };
}

/** Replaces a function of `node:fs/promises`, or a method of its file handles (`this.fd` is the subject then). */
function wrapAsync(holder, name, subject) {
  const original = holder[name];
  holder[name] = async function (...args) {
    const path = subject === 'handle' ? subjectOf(this.fd) : subjectOf(args[0]);
    if (path === null) return original.apply(this, args);
    const descriptor = this?.fd;
    const what = begin(entryOf(name === 'sync' ? 'fsync' : name, path, args));
    if (what instanceof Error) {
      if (name === 'close') await original.apply(this, args);
      throw what;
    }
    if (what === 'half') {
      if (name === 'write')
        await original.call(this, bytesOf(args[0]).subarray(0, bytesOf(args[0]).length >> 1));
      die();
    }
    const result = await original.apply(this, args);
    if (what === 'after') die();
    if (name === 'open') paths.set(result.fd, path);
    if (name === 'close') paths.delete(descriptor);
    return result;
  };
}

for (const name of [
  'openSync',
  'closeSync',
  'readSync',
  'readFileSync',
  'writeSync',
  'fsyncSync',
  'fstatSync',
  'fchmodSync',
])
  wrapSync(name);
for (const name of [
  'fchownSync',
  'futimesSync',
  'linkSync',
  'renameSync',
  'unlinkSync',
  'statSync',
  'lstatSync',
  'readdirSync',
])
  wrapSync(name);
const {promises} = fs;
const handle = await promises.open(fileURLToPath(import.meta.url));
const handleMethods = Object.getPrototypeOf(handle);
await handle.close();
for (const name of ['read', 'write', 'sync', 'close', 'stat']) wrapAsync(handleMethods, name, 'handle');
for (const name of [
  'open',
  'copyFile',
  'link',
  'lstat',
  'stat',
  'mkdir',
  'readdir',
  'rename',
  'unlink',
  'readFile',
  'writeFile',
  'rm',
])
  wrapAsync(promises, name, 'path');
syncBuiltinESMExports();

// A create is where money is spent: it stands in the trace among the file operations, once its body is on the socket.
subscribe('undici:request:bodyChunkSent', ({chunk}) => {
  const [, attempt] = /#gb-[0-9a-f]{12}-([0-9a-z]+)/.exec(Buffer.from(chunk).toString()) ?? [];
  if (attempt !== undefined) note({op: 'create', attempt, ms: globalThis[CLOCK]?.monotonic()});
});

process.on('exit', () => closeSync(traceDescriptor));
