// Which Docker Engine API calls go through: the read-only handshake, written in its one canonical
// form. A path that two parsers could read in two ways is refused unread, whatever it seems to ask
// for.

import type { Decision } from '../decision.ts';
import type { Reason } from '../reasons.ts';

export interface DockerRequest {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

export type DockerVerdict =
  | { readonly decision: Decision; readonly status: 200; readonly call: DockerCall }
  | { readonly decision: Decision; readonly status: number; readonly call: null };

/**
 * Everything that reaches the daemon; nothing of the client's own text but the version's digits.
 */
export interface DockerCall {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
}

const canonical = /^(\/v[1-9][0-9]?\.[0-9]{1,3})?(\/[A-Za-z0-9_.-]+)+$/;
const versionPrefix = /^\/v[1-9][0-9]?\.[0-9]{1,3}(?=\/)/;

/**
 * The `handshake` profile, by path without version: https://docs.docker.com/reference/api/engine/
 */
const handshake: Readonly<Record<string, readonly DockerCall['method'][]>> = {
  '/_ping': ['GET', 'HEAD'],
  '/version': ['GET'],
};

export function judgeDocker(request: DockerRequest): DockerVerdict {
  const { method, target, httpVersion, rawHeaders } = request;
  if (httpVersion !== '1.1') return no(505, 'request-malformed');
  if (!isCanonical(target)) return no(403, 'docker-path-unclear');
  const path = target.replace(versionPrefix, '');
  const allowed = Object.hasOwn(handshake, path) ? handshake[path] : undefined;
  const call = allowed?.find((candidate) => candidate === method);
  if (call === undefined) return no(403, 'docker-call-denied');
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  // A hijacked connection is raw access to the daemon.
  if (names.includes('upgrade')) return no(403, 'docker-call-denied');
  const lengths = rawHeaders.filter(
    (_, i) => i % 2 === 1 && names[(i - 1) / 2] === 'content-length',
  );
  if (names.includes('transfer-encoding') || lengths.some((length) => !/^0+$/.test(length))) {
    return no(403, 'docker-body-refused');
  }
  return {
    decision: { verdict: 'allow', reason: 'allowed', rule: `handshake ${method} ${path}` },
    status: 200,
    call: { method: call, path: target },
  };
}

/**
 * Letters, digits, `_`, `.`, `-` between single slashes: no query, escape, dot segment or absolute
 * form.
 */
function isCanonical(target: string): boolean {
  return canonical.test(target) && !target.split('/').some((part) => part === '.' || part === '..');
}

function no(status: number, reason: Reason): DockerVerdict {
  return { decision: { verdict: 'deny', reason, rule: null }, status, call: null };
}
