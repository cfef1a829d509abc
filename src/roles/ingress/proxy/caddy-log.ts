// What Caddy wrote of a request, as we say it. Its lines hold headers and queries: nothing of a
// line goes on that is not named here.

import { type Reason, reasons } from '../../../policy/reasons.ts';
import { reasonHeader, requestIdHeader } from '../../../telemetry/names.ts';
import type { AccessLine } from './program.ts';

interface Said {
  readonly msg?: string;
  readonly level?: string;
  readonly error?: string;
  readonly duration?: number;
  readonly size?: number;
  readonly bytes_read?: number;
  readonly status?: number;
  readonly request?: {
    readonly remote_ip?: string;
    readonly proto?: string;
    readonly method?: string;
    readonly host?: string;
    readonly uri?: string;
    readonly headers?: Readonly<Record<string, readonly string[]>>;
  };
  readonly resp_headers?: Readonly<Record<string, readonly string[]>>;
}

/** Null for a line that is not of a request. */
export function readCaddyLine(line: string): AccessLine | null {
  const said = fieldsIn(line);
  const { request } = said;
  if (request === undefined) return bypassed(said);
  const told = said.resp_headers?.[canonicalHeader(reasonHeader)]?.[0];
  const isWebSocket = request.headers?.Upgrade !== undefined;
  // Of a connection that stopped being HTTP nothing is said.
  const status = said.status === 0 && isWebSocket ? 101 : (said.status ?? 0);
  const reason = reasonOf(status, told);
  const carried = told === undefined || reason === 'upstream-unreachable';
  return {
    requestId: said.resp_headers?.[canonicalHeader(requestIdHeader)]?.[0] ?? '',
    verdict: carried ? 'allow' : 'deny',
    reason,
    carried,
    seconds: said.duration ?? 0,
    bytesIn: said.bytes_read ?? 0,
    bytesOut: said.size ?? 0,
    fields: {
      address: request.remote_ip,
      http: request.proto?.replace('HTTP/', ''),
      method: request.method,
      path: request.uri?.split('?', 1)[0]?.slice(0, 200),
      host: request.host?.slice(0, 100),
      websocket: isWebSocket,
      status,
    },
  };
}

/** The header is ours alone: it is taken off what a service answers. */
function reasonOf(status: number, told: string | undefined): Reason {
  if (told !== undefined && Object.hasOwn(reasons, told)) return told as Reason;
  return status === 0 || status === 499 ? 'client-gone' : 'allowed';
}

/** A handshake for which there was no policy. */
function bypassed({ msg = '' }: Said): AccessLine | null {
  const address = /TLS handshake error from (\S+):[0-9]+: (?:tls: )?no server TLS config/.exec(msg);
  if (address === null) return null;
  return {
    ...{ requestId: '', verdict: 'deny', reason: 'front-bypassed', carried: false },
    ...{ seconds: 0, bytesIn: 0, bytesOut: 0, fields: { address: address[1] } },
  };
}

/** What Caddy says of itself. */
export function shortCaddyLine(line: string): string {
  const { level, msg, error } = fieldsIn(line);
  if (level === 'debug') return '';
  if (msg === undefined) return line.startsWith('{') ? '' : line;
  return [level, msg, error].filter((part) => part !== undefined).join(' ');
}

function fieldsIn(line: string): Said {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Said) : {};
  } catch {
    return {};
  }
}

/** `x-request-id` as `X-Request-Id`. */
export function canonicalHeader(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (first) => first.toUpperCase());
}
