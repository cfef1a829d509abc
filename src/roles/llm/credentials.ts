// Secrets from their files: the virtual keys that callers present, and the providers' own keys,
// which leave this process in one header only. A file that was not there is looked for again when
// it is needed.

import { hash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { assert } from '../../kit/assert.ts';
import { Secret } from '../../kit/secret.ts';

export class SecretFiles {
  readonly #dir: string;
  readonly #known = new Map<string, Secret>();
  readonly #digests = new Map<string, Buffer>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Null when there is no such file, or nothing in it that could stand in a header. */
  get(name: string): Secret | null {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    assert(/^[\w.-]{1,128}$/.test(name) && !name.startsWith('.'), `not a secret's name: ${name}`);
    const value = this.#read(name);
    if (value === null || !/^[\x21-\x7e]{1,4096}$/.test(value)) return null;
    const secret = new Secret(value);
    this.#known.set(name, secret);
    return secret;
  }

  /** Of its value, to compare with: made once. */
  digest(name: string): Buffer | null {
    const known = this.#digests.get(name);
    if (known !== undefined) return known;
    const value = this.get(name);
    if (value === null) return null;
    const made = digestOf(value.reveal());
    this.#digests.set(name, made);
    return made;
  }

  #read(name: string): string | null {
    try {
      return readFileSync(join(this.#dir, name), 'utf8').trim();
    } catch {
      return null;
    }
  }
}

export interface VirtualKey {
  readonly name: string;
  readonly secret: string;
  readonly caller: string;
}

/**
 * The name of the key that was presented, if it is one of this caller. Every key of the caller is
 * compared, in constant time and over digests, so that time tells neither a prefix nor which key
 * came near.
 */
export function keyOf(
  keys: readonly VirtualKey[],
  files: SecretFiles,
  caller: string,
  presented: string,
): string | null {
  const given = digestOf(presented);
  let found: string | null = null;
  for (const key of keys) {
    if (key.caller !== caller) continue;
    const right = files.digest(key.secret);
    if (right !== null && timingSafeEqual(given, right)) found = key.name;
  }
  return found;
}

export type Presented = { readonly key: string } | { readonly none: true } | { readonly two: true };

/** From `Authorization: Bearer` or `x-api-key`; two different ones are nobody's. */
export function presentedKey(request: IncomingMessage): Presented {
  const { authorization = [], 'x-api-key': apiKeys = [] } = request.headersDistinct;
  const bearers = authorization.map((text) => /^Bearer +([\x21-\x7e]+)$/i.exec(text)?.[1] ?? '');
  const values = new Set([...bearers, ...apiKeys]);
  if (values.size > 1) return { two: true };
  const [key] = values;
  return key === undefined || key === '' ? { none: true } : { key };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
