import {CREATE_TIMEOUT_MS} from '../../domain/service/create-timeout.js';
import type {Intent} from '../../domain/job/job-record.js';
import type {BatchService} from '../../services/batch-service.js';

/**
 * The least time between the first list that lacks a job and the second one, which proves it, in milliseconds. A list may be
 * wrong for a moment, and a second one at once would be wrong in the same way.
 */
const CONFIRMATION_MS = 10_000;

/** An intent that is not reconciled yet. Times are by the monotonic clock. */
export interface OpenIntent {
  readonly intent: Intent;
  /** Until when its job may first show up; unknown before the first list. */
  readonly graceMs?: number;
  /** When the first list was asked for that lacked its job. */
  readonly absentSinceMs?: number;
}

/** An intent whose job was in no list so far. */
export interface WaitingIntent extends OpenIntent {
  readonly absentSinceMs: number;
  readonly graceMs: number;
  /** When its absence in the list proves that no job came of it. */
  readonly deadlineMs: number;
}

/** How long a job may take to show up in the list. */
export interface GraceTerms {
  /** How long after its create a job may first show up in the service's list, in milliseconds. */
  readonly graceMs: number;
  /**
   * When the create may have been sent last: `intent` where only the time of the intent is known, and its process is dead;
   * `now` where the create has just ended without an answer.
   */
  readonly graceFrom: 'intent' | 'now';
  /** With `intent`: when its process was seen to be dead, by the monotonic clock; now when absent. */
  readonly deadSinceMs?: number;
}

export function opened(intent: Intent, absentSince: ReadonlyMap<string, number> | undefined): OpenIntent {
  const absentSinceMs = absentSince?.get(intent.attempt);
  return absentSinceMs === undefined ? {intent} : {intent, absentSinceMs};
}

/** Notes that a list lacked the job. */
export function absent(entry: OpenIntent & {readonly graceMs: number}, askedMs: number): WaitingIntent {
  const {absentSinceMs = askedMs, graceMs} = entry;
  return {...entry, absentSinceMs, deadlineMs: Math.max(graceMs, absentSinceMs + CONFIRMATION_MS)};
}

/** Whether the grace time is over and only the list that confirms the first one is waited for. */
export function isConfirmingOnly({graceMs, absentSinceMs}: WaitingIntent): boolean {
  return graceMs <= absentSinceMs + CONFIRMATION_MS;
}

/**
 * How much of the time is left in which a job may show up, in milliseconds from the start. After a restart its create
 * cannot be under way any more; at the latest it was sent when it timed out. Both times are the service's, because the
 * clock of this machine may have been set in between.
 */
export function graceLeft(
  intent: Intent,
  client: Pick<BatchService, 'serviceTime'>,
  {graceMs, graceFrom, deadSinceMs, startedMs}: GraceTerms & {readonly startedMs: number},
): number {
  if (graceFrom === 'now') return graceMs;
  const sinceDeathMs = graceMs - (startedMs - (deadSinceMs ?? startedMs));
  const ageMs = (client.serviceTime() ?? Number.NaN) - Date.parse(intent.intended_at);
  const sinceIntentMs = ageMs > 0 ? CREATE_TIMEOUT_MS + graceMs - ageMs : graceMs;
  return Math.max(0, Math.min(sinceDeathMs, sinceIntentMs));
}

/** The message when a recovery begins: how long it takes at most, and why. */
export function recoveryMessage(creates: number, graceMs: number): string {
  const subject = creates === 1 ? 'One create' : `${creates} creates`;
  const mostMs = Math.max(graceMs, CONFIRMATION_MS);
  return `${subject} of an earlier run had no answer. Finding out what came of it takes up to ${seconds(mostMs)}, because a new job may show up late in the service's list`;
}

export function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
