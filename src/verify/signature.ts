// Whose report it is, and that nobody has changed it: ed25519 (RFC 8032) over its canonical JSON,
// with a key that the stack makes for nothing else and that no service holds.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { Secret } from '../kit/secret.ts';
import { canonicalJson, hashOf } from '../topology/hash.ts';
import type { Report } from './model.ts';
import type { SignedReport } from './report-schema.ts';

/** PKCS 8, PEM. */
export function makeReportKey(): Secret {
  const { privateKey } = generateKeyPairSync('ed25519');
  return new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

export function signReport(report: Report, key: Secret): SignedReport {
  const value = sign(null, Buffer.from(canonicalJson(report)), createPrivateKey(key.reveal()));
  return {
    ...report,
    signature: {
      algorithm: 'ed25519',
      publicKey: publicKeyOf(key),
      value: value.toString('base64'),
    },
  };
}

/** SubjectPublicKeyInfo, Base64. */
export function publicKeyOf(key: Secret): string {
  const exported = createPublicKey(key.reveal()).export({ type: 'spki', format: 'der' });
  return exported.toString('base64');
}

/** What people compare: the first 32 hexadecimal digits of the SHA-256, in fours. */
export function fingerprintOf(publicKey: string): string {
  return (hashOf(publicKey).slice(0, 32).match(/.{4}/g) ?? []).join(' ');
}

/** Whether the report is as the key in it has signed it. Whose key that is, is another question. */
export function isAsSigned({ signature, ...report }: SignedReport): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.from(signature.publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    });
    if (key.asymmetricKeyType !== 'ed25519') return false;
    const bytes = Buffer.from(canonicalJson(report));
    return verify(null, bytes, key, Buffer.from(signature.value, 'base64'));
  } catch {
    return false;
  }
}
