// What nginx wrote of a request, as we say it: which of its statuses is which of our reasons.

import type { Reason } from '../../../policy/reasons.ts';
import type { AccessLine } from './program.ts';

/** What nginx itself answers, or how it ends without an answer. */
const ownReasons: Readonly<Record<string, Reason>> = {
  400: 'request-malformed',
  408: 'client-slow',
  413: 'limit-body',
  414: 'request-malformed',
  429: 'limit-rate',
  431: 'request-malformed',
  444: 'front-bypassed',
  494: 'request-malformed',
  499: 'client-gone',
  505: 'request-malformed',
};

/** Null for a line that is not of a request. */
export function readNginxLine(line: string): AccessLine | null {
  const said = fieldsIn(line);
  if (said === null) return null;
  const reason = reasonOf(said);
  const wasCarried = said.behind !== '' && reason !== 'limit-rate';
  return {
    requestId: said.requestId ?? '',
    verdict: wasCarried || reason === 'allowed' || reason === 'client-gone' ? 'allow' : 'deny',
    reason,
    carried: wasCarried,
    seconds: Number(said.seconds) || 0,
    bytesIn: Number(said.bytesIn) || 0,
    bytesOut: Number(said.bytesOut) || 0,
    fields: {
      address: said.address,
      http: said.http?.replace('HTTP/', ''),
      method: said.method,
      path: said.path?.slice(0, 200),
      host: said.host?.slice(0, 100),
      websocket: said.upgrade !== '',
      status: Number(said.status) || null,
    },
  };
}

function reasonOf({ refused = '', status = '', behind = '' }: Said): Reason {
  const [, judged] = refused.split(' ');
  // Before the judging comes how often a client asks.
  if (status === '429' && behind === '') return 'limit-rate';
  if (judged !== undefined && refused !== '' && status === refused.split(' ')[0]) {
    return judged as Reason;
  }
  const last = behind.split(', ').at(-1) ?? '';
  if (status === '503' && (last === '502' || last === '504' || last === '503')) {
    return 'upstream-unreachable';
  }
  if (status === '499') return 'client-gone';
  if (last !== '' && status !== '413' && status !== '408') return 'allowed';
  return ownReasons[status] ?? 'upstream-unreachable';
}

type Said = Readonly<Record<string, string | undefined>>;

function fieldsIn(line: string): Said | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Said) : null;
  } catch {
    return null;
  }
}

/** An error names its request with the query, and where that came from: both are left out. */
export function withoutRequest(line: string): string {
  return line.replace(/, (?:client|server|request|upstream|host|referrer): .*$/, '');
}
