// Reads a request target into its one canonical form, or refuses it unread: a path or query that
// two parsers could read in two ways is refused whatever it seems to ask for. Nothing of the
// client's text reaches the daemon; the target is written anew from what is read here.

import { printable } from '../../kit/printable.ts';
import { createBodyNames } from './reserved.ts';

export interface DockerTarget {
  readonly kind: 'target';
  /** `1.47`; null where the path has none. */
  readonly version: string | null;
  readonly segments: readonly string[];
  /** Decoded once; each name once, in the order they came. */
  readonly query: ReadonlyMap<string, string>;
}

export interface TargetFault {
  readonly kind: 'fault';
  readonly reason: 'docker-path-unclear' | 'docker-query-unclear';
  readonly says: string;
}

export const targetLimits = { targetBytesMax: 16 * 1024, segmentsMax: 16, parametersMax: 256 };

const versionSegment = /^v1\.(?:2[4-9]|[3-9][0-9])$/;
/** What names of containers, images with tag and digest, volumes, networks are made of. */
const segment = /^[A-Za-z0-9_.:@-]{1,255}$/;
const parameterName = /^[A-Za-z][A-Za-z-]{0,31}$/;
/** What an encoder may leave as it is: RFC 3986's unreserved, and what Go and JavaScript leave. */
const rawValue = /^(?:[A-Za-z0-9._~!*'():,/@$+-]|%[0-9A-F]{2})*$/;
const unreserved = /^[A-Za-z0-9._~-]$/;
const control = /[\u0000-\u001f\u007f-\u009f]/;

export function readTarget(target: string): DockerTarget | TargetFault {
  if (target.length > targetLimits.targetBytesMax) return path('it is too long');
  if (!target.startsWith('/')) return path('it does not begin with a slash');
  const mark = target.indexOf('?');
  const pathText = mark === -1 ? target : target.slice(0, mark);
  const parts = pathText.slice(1).split('/');
  if (parts.length > targetLimits.segmentsMax) return path('it has too many parts');
  const bad = parts.find((part) => !segment.test(part) || part === '.' || part === '..');
  if (bad !== undefined) return path(`"${shown(bad)}" is not a plain part of a path`);
  const first = parts[0] ?? '';
  const versioned = versionSegment.test(first);
  const query = readQuery(mark === -1 ? null : target.slice(mark + 1));
  if ('kind' in query) return query;
  return {
    kind: 'target',
    version: versioned ? first.slice(1) : null,
    segments: versioned ? parts.slice(1) : parts,
    query,
  };
}

function readQuery(text: string | null): ReadonlyMap<string, string> | TargetFault {
  const read = new Map<string, string>();
  if (text === null) return read;
  const lowerCase = new Set<string>();
  const parts = text.split('&');
  if (parts.length > targetLimits.parametersMax) return query('it has too many parameters');
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals));
    if (equals === -1 || !parameterName.test(name)) {
      return query(`"${shown(part)}" is not name=value`);
    }
    // dockerode writes a create's body into its query too, lists as one parameter for each item; no
    // parameter of the API has such a name, so what these say is never looked at.
    if (createBodyNames.has(name)) {
      read.set(name, '');
      continue;
    }
    if (lowerCase.has(name.toLowerCase())) return query(`"${name}" is given twice`);
    lowerCase.add(name.toLowerCase());
    const value = decodeOnce(part.slice(equals + 1));
    if (value === null) return query(`the value of "${name}" is not plainly encoded`);
    read.set(name, value);
  }
  return read;
}

/** The value, or null where another decoder could read another one. */
function decodeOnce(text: string): string | null {
  if (!rawValue.test(text)) return null;
  for (const [written] of text.matchAll(/%[0-9A-F]{2}/g)) {
    if (unreserved.test(String.fromCharCode(Number.parseInt(written.slice(1), 16)))) return null;
  }
  let value: string;
  try {
    // Form encoding, which Go reads: a plus sign is a space.
    value = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
  // What is encoded twice is for somebody behind the daemon to decode.
  return control.test(value) || /%[0-9A-Fa-f]{2}/.test(value) ? null : value;
}

function shown(text: string): string {
  return printable(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

const path = (says: string): TargetFault => ({
  kind: 'fault',
  reason: 'docker-path-unclear',
  says: `The path can be read in two ways: ${says}.`,
});

const query = (says: string): TargetFault => ({
  kind: 'fault',
  reason: 'docker-query-unclear',
  says: `The query can be read in two ways: ${says}.`,
});
