// When the stack's certificates end: for alerts, and for who asks how things are.

import { X509Certificate } from 'node:crypto';
import type { Secret } from '../kit/secret.ts';
import { doorSecrets } from '../topology/monitor-secrets.ts';
import { pullCa, tlsCert } from '../topology/secrets.ts';
import { noteFacts } from './facts.ts';

/**
 * What each is called in metrics. A CA of ours signs one certificate and ends with it, so it tells
 * when that of the other side ends.
 */
const certificates: Readonly<Record<string, string>> = {
  [tlsCert]: 'ingress',
  [pullCa]: 'origin-pull',
  [doorSecrets.cert]: 'monitor-door',
  [doorSecrets.clientCa]: 'monitor-client',
};

export interface CertificateEnd {
  readonly kind: string;
  readonly endsMs: number;
}

/** Of those that are there and can be read. */
export function certificateEnds(values: ReadonlyMap<string, Secret>): readonly CertificateEnd[] {
  return Object.entries(certificates).flatMap(([secret, kind]) => {
    const pem = values.get(secret)?.reveal();
    const endsMs = pem === undefined ? null : endOf(pem);
    return endsMs === null ? [] : [{ kind, endsMs }];
  });
}

function endOf(pem: string): number | null {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return null;
  }
}

export async function noteCertificates(
  stateDir: string,
  values: ReadonlyMap<string, Secret>,
): Promise<void> {
  const facts = certificateEnds(values).map(({ kind, endsMs }) => ({
    name: 'certificateEnds' as const,
    kind,
    value: Math.floor(endsMs / 1_000),
  }));
  await noteFacts(stateDir, 'certificates', facts);
}
