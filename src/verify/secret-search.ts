// Fingerprints of secrets: enough to recognise a value in a file or an environment, too little to
// learn it from. The probe that searches runs in services that must not know the values.

import { createHash, randomBytes } from 'node:crypto';
import type { Secret } from '../kit/secret.ts';
import { secretForms } from '../policy/llm-secret-forms.ts';
import type { Fingerprint, SecretsInput } from './probes/secrets.ts';

/** Odd, so that every byte of the window counts modulo 2**32. */
const base = 16_777_619;
/** A shorter value cannot be told from ordinary text. */
export const secretBytesMin = 12;
const window = secretBytesMin;

/**
 * One run's search; the salt makes its digests worthless to whoever collects them from another run.
 */
export function searchFor(secrets: ReadonlyMap<string, Secret>, deadlineMs: number): SecretsInput {
  const salt = randomBytes(16).toString('hex');
  const fingerprints = [...secrets].flatMap(([secret, value]) =>
    needlesOf(value.reveal()).map((needle): Fingerprint => {
      const bytes = Buffer.from(needle, 'utf8');
      return {
        secret,
        length: bytes.length,
        rolling: rollingHash(bytes.subarray(-window)),
        digest: createHash('sha256').update(salt).update(bytes).digest('hex'),
      };
    }),
  );
  const bounds = { totalBytesMax: 256 * 1024 * 1024, deadlineMs };
  return { fingerprints, base, window, salt, leftOut: [], ...bounds };
}

/**
 * What is searched for: the value itself, and every form that encodings give it. Of a PEM file one
 * line, because copies differ in line ends: of the longest the last, because the first is the same
 * in every key of a kind. A certificate is no secret.
 */
export function needlesOf(value: string): string[] {
  const trimmed = value.trim();
  if (trimmed.startsWith('-----BEGIN CERTIFICATE')) return [];
  const longest =
    trimmed
      .split(/\r?\n/)
      .toSorted((a, b) => a.length - b.length)
      .at(-1) ?? '';
  if (Buffer.byteLength(longest) < secretBytesMin) return [];
  return [...new Set([longest, ...secretForms(longest).map(String)])];
}

export function rollingHash(bytes: Buffer): number {
  let rolling = 0;
  for (const byte of bytes) rolling = (Math.imul(rolling, base) + byte) | 0;
  return rolling;
}
