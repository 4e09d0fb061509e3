import {readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';
import {startTimeOf} from './process-status.js';

/** Who made a lock or a temporary file: enough to tell, without asking, whether that process still runs. */
export interface OwnerId {
  /** Hash of host name and machine id. */
  readonly machine: string;
  /** Hash of the kernel's boot id; `0` where the system has none. */
  readonly boot: string;
  /** Linux pid namespace, which differs between containers; `0` elsewhere. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process started, in a unit of the system's own; `0` when it cannot be known. */
  readonly startTime: string;
}

/** As it stands in names and lock files: the fields above and a random part, joined by dashes. */
const PATTERN = /^([0-9a-f]{12})-([0-9a-f]{8}|0)-(\d+)-(\d+)-(\d+)-[0-9a-f]{12}$/;

let own: OwnerId | undefined;

/** Loaded with the first lock or temporary file: it takes 3 ms, and what only reads records needs none. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** This process. Found out once. */
export function ownProcess(): OwnerId {
  own ??= {
    machine: hash(`${hostname()}\n${textOf('/etc/machine-id')}`).slice(0, 12),
    boot: bootOf(textOf('/proc/sys/kernel/random/boot_id')),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '0',
  };
  return own;
}

/** A new id for this process, unique for ever. */
export function newOwnerId(): string {
  return formatOwnerId(ownProcess());
}

/** The id of `owner` with a random part of its own. */
export function formatOwnerId({machine, boot, pidNamespace: namespace, pid, startTime}: OwnerId): string {
  return `${machine}-${boot}-${namespace}-${pid}-${startTime}-${crypto().randomBytes(6).toString('hex')}`;
}

/** Reads an id; null when the text is none. */
export function parseOwnerId(text: string): OwnerId | null {
  const [, machine, boot, namespace, pid, startTime] = PATTERN.exec(text) ?? [];
  if (!machine || !boot || !namespace || !pid || !startTime) return null;
  return {machine, boot, pidNamespace: namespace, pid: Number(pid), startTime};
}

function bootOf(bootId: string): string {
  return bootId === '' ? '0' : hash(bootId).slice(0, 8);
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0'; // Not Linux: all processes of the host are in one namespace.
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return ''; // The system has no such file; the host name must do.
  }
}

function hash(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex');
}
