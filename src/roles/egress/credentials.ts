// Proxy credentials: which caller a Proxy-Authorization header speaks for. The file holds hashes
// only, one line each, `caller:sha256:SALT:HASH`; the secrets are random and long, so a plain
// hash of one says nothing of it.

import { createHash, timingSafeEqual } from 'node:crypto';
import { ClincherError } from '../../kit/error.ts';
import { readWholeFile } from '../../net/read-file.ts';

export interface Credentials {
  /** Null for a header that is not Basic, not plainly readable, or not of any caller. */
  find(proxyAuthorization: string): KnownCredential | null;
  /** Whether a line that was found once is there now. */
  has(id: string): boolean;
}

export interface KnownCredential {
  readonly caller: string;
  /** Of its line; says nothing of the secret. */
  readonly id: string;
}

interface Entry {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const entriesMax = 4_096;
const headerCharsMax = 1_024;
const line = /^([A-Za-z0-9._-]{1,128}):sha256:([0-9a-f]{32}):([0-9a-f]{64})$/;
const format = 'CALLER:sha256:SALT:HASH, salt and hash in lower-case hexadecimal';

/** @throws ClincherError `settings-invalid` with the place of the first line that is none */
export async function readCredentials(file: string): Promise<Credentials> {
  return parseCredentials((await readWholeFile(file)).toString('utf8'), file);
}

/** Pure. A caller may stand there twice, so that a secret can be changed without a gap. */
export function parseCredentials(text: string, file: string): Credentials {
  const entries = new Map<string, Entry[]>();
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, caller, salt, hash] = line.exec(trimmed) ?? [];
    // The line is not quoted: it may be the secret itself.
    if (caller === undefined || salt === undefined || hash === undefined || index >= entriesMax) {
      const what =
        index >= entriesMax ? `more than ${entriesMax} lines` : `a line is not ${format}`;
      const column = 1 + raw.length - raw.trimStart().length;
      throw new ClincherError('settings-invalid', what, {
        at: { file, line: index + 1, column },
        fix: '`clincher egress credential CALLER --file FILE` makes a secret and its line.',
      });
    }
    const entry = { salt: Buffer.from(salt, 'hex'), hash: Buffer.from(hash, 'hex') };
    entries.set(caller, [...(entries.get(caller) ?? []), entry]);
  }
  return {
    find: (header) => find(entries, header),
    has: (id) =>
      [...entries].some(([caller, list]) => list.some((one) => idOf(caller, one) === id)),
  };
}

/** The line for a secret, which should be 32 random bytes in base64url. */
export function credentialLine(caller: string, secret: string, salt: Buffer): string {
  return `${caller}:sha256:${salt.toString('hex')}:${hashOf(secret, salt).toString('hex')}`;
}

export function isCredentialCaller(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,128}$/.test(name);
}

/** What an unknown caller is compared with, so that the time does not tell who is known. */
const nobody: readonly Entry[] = [{ salt: Buffer.alloc(16), hash: Buffer.alloc(32) }];

function find(
  entries: ReadonlyMap<string, readonly Entry[]>,
  header: string,
): KnownCredential | null {
  const given = readBasic(header);
  if (given === null) return null;
  let found: KnownCredential | null = null;
  for (const entry of entries.get(given.caller) ?? nobody) {
    if (!timingSafeEqual(hashOf(given.secret, entry.salt), entry.hash)) continue;
    found = { caller: given.caller, id: idOf(given.caller, entry) };
  }
  return found;
}

function idOf(caller: string, { salt, hash }: Entry): string {
  return `${caller}:${salt.toString('hex')}:${hash.toString('hex')}`;
}

function hashOf(secret: string, salt: Buffer): Buffer {
  return createHash('sha256').update(salt).update(secret, 'utf8').digest();
}

/** RFC 7617. Only base64 in its one canonical spelling: what two readers decode alike. */
function readBasic(header: string): { caller: string; secret: string } | null {
  if (header.length > headerCharsMax) return null;
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return null;
  const text = bytes.toString('latin1');
  const colon = text.indexOf(':');
  if (colon < 1 || !/^[\x20-\x7e]+$/.test(text)) return null;
  return { caller: text.slice(0, colon), secret: text.slice(colon + 1) };
}
