// What is kept of a public CA in the state directory, for its owner alone: the key of the account,
// when it was asked and is to be asked again, and the certificate with its key in one file, which
// is there whole or not at all.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { makeAccountKey } from '../../acme/account-key.ts';
import { Secret } from '../../kit/secret.ts';
import type { AcmeOptions } from '../../topology/ingress-options.ts';
import { type SecretStore, secretStore } from '../secrets/store.ts';

/** One name at one CA: of another nothing that is kept here counts. */
export interface Subject {
  readonly host: string;
  readonly directory: string;
  /** Of the account elsewhere that ours is bound to: another one is another account. */
  readonly kid: string | null;
}

export function subjectOf({ directory, eab }: AcmeOptions, host: string): Subject {
  return { host, directory, kid: eab?.kid ?? null };
}

export interface Pair {
  readonly certPem: string;
  readonly keyPem: Secret;
}

const memoryShape = z.strictObject({
  /** In a row. */
  failures: z.int().min(0),
  nextTryMs: z.number(),
  trouble: z.string().nullable(),
  /** When the CA wants to be asked for the next one, with a time in it taken by lot. */
  window: z.strictObject({ startMs: z.number(), endMs: z.number(), atMs: z.number() }).nullable(),
  askWindowMs: z.number(),
});
export type Memory = z.infer<typeof memoryShape>;

export const noMemory: Memory = {
  ...{ failures: 0, nextTryMs: 0, trouble: null, window: null, askWindowMs: 0 },
};

export interface AcmeFiles {
  accountKey(): Promise<Secret>;
  pair(): Promise<Pair | null>;
  keep(pair: Pair): Promise<void>;
  memory(): Promise<Memory>;
  remember(memory: Memory): Promise<void>;
}

export function acmeFiles(stateDir: string, { host, directory, kid }: Subject): AcmeFiles {
  const store = secretStore(join(stateDir, 'acme'));
  const account = `account-${shortHash(kid === null ? directory : `${directory}\n${kid}`)}.pem`;
  const subject = shortHash(`${directory}\n${host}`);
  const [certificate, renewal] = [`certificate-${subject}.pem`, `renewal-${subject}.json`];
  return {
    async accountKey() {
      const there = await store.read(account);
      if (there !== null) return there;
      const made = makeAccountKey();
      await store.write(account, made);
      return made;
    },
    pair: () => readPair(store, certificate),
    keep: ({ certPem, keyPem }) =>
      store.write(certificate, new Secret(`${keyPem.reveal().trim()}\n${certPem.trim()}\n`)),
    async memory() {
      const text = (await store.read(renewal))?.reveal() ?? 'null';
      try {
        return memoryShape.parse(JSON.parse(text));
      } catch {
        // None, or of another version: the CA's own limits are far wider than ours.
        return noMemory;
      }
    },
    remember: (memory) => store.write(renewal, new Secret(JSON.stringify(memory))),
  };
}

async function readPair(store: SecretStore, name: string): Promise<Pair | null> {
  const text = (await store.read(name))?.reveal() ?? '';
  const at = text.indexOf('-----BEGIN CERTIFICATE');
  if (at <= 0) return null;
  return { keyPem: new Secret(text.slice(0, at)), certPem: text.slice(at) };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
