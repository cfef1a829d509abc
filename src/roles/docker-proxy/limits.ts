// How much of the daemon one caller may have: calls a second, creates and commands a minute,
// streams at once. What is counted is counted before anything is asked of the daemon.

import type { Reason } from '../../policy/reasons.ts';
import type { DockerProxySettings } from './settings.ts';

export interface CallerLimits {
  /** Null: it may, and has been counted. */
  call(): Reason | null;
  create(): Reason | null;
  exec(): Reason | null;
  /** Null: counted until `leaveStream`. */
  enterStream(): Reason | null;
  leaveStream(): void;
  streams(): number;
}

type Limits = DockerProxySettings['limits'];

export function createCallerLimits(limits: Limits, nowMs: () => number): CallerLimits {
  const calls = bucket(limits.requestsPerSecondMax, 1_000, nowMs);
  const creates = bucket(limits.createsPerMinuteMax, 60_000, nowMs);
  const execs = bucket(limits.execsPerMinuteMax, 60_000, nowMs);
  const tooFast = (may: boolean) => (may ? null : ('docker-calls-too-fast' as const));
  let streams = 0;
  return {
    call: () => tooFast(calls()),
    create: () => tooFast(creates()),
    exec: () => tooFast(execs()),
    enterStream() {
      if (streams >= limits.streamsMax) return 'docker-streams-too-many';
      streams += 1;
      return null;
    },
    leaveStream() {
      streams -= 1;
    },
    streams: () => streams,
  };
}

/** As many at once as in the whole time, and then as they come in again. */
function bucket(most: number, perMs: number, nowMs: () => number): () => boolean {
  let left = most;
  let filledMs = nowMs();
  return () => {
    const now = nowMs();
    left = Math.min(most, left + ((now - filledMs) / perMs) * most);
    filledMs = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
