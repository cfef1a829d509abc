// Origin CA, as the fake of Cloudflare's API has it: it signs what a request asks for, for names of
// the zone, with a CA of its own.

import 'reflect-metadata'; // As in cli/certificate.ts.
import { webcrypto } from 'node:crypto';
import {
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { type Answer, ApiRefusal, type AskedCall, type FakeState } from './cloudflare-state.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

interface Asked {
  readonly csr: string;
  readonly hostnames: readonly string[];
  readonly request_type: string;
  readonly requested_validity?: number;
}

export async function signOrigin(
  { zone }: FakeState,
  _: unknown,
  { body }: AskedCall,
): Promise<Answer> {
  const { csr, hostnames, request_type, requested_validity = 5_475 } = body as Asked;
  const request = new Pkcs10CertificateRequest(csr);
  if (!(await request.verify(webcrypto))) throw new ApiRefusal(400, 1_004, 'Failed to parse CSR');
  if (hostnames.some((name) => name !== zone.name && !name.endsWith(`.${zone.name}`))) {
    throw new ApiRefusal(400, 1_010, 'Failed to validate requested hostname');
  }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const expires = new Date(Date.now() + requested_validity * 86_400_000);
  const made = await X509CertificateGenerator.create(
    {
      subject: 'CN=Cloudflare Origin Certificate',
      issuer: 'O=CloudFlare, Inc., OU=CloudFlare Origin SSL ECC Certificate Authority',
      notBefore: new Date(),
      notAfter: expires,
      publicKey: await request.publicKey.export(webcrypto),
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new SubjectAlternativeNameExtension(
          hostnames.map((value) => ({ type: 'dns' as const, value })),
        ),
      ],
    },
    webcrypto,
  );
  const result = {
    id: BigInt(`0x${made.serialNumber}`).toString(),
    certificate: made.toString('pem'),
    csr,
    hostnames,
    expires_on: expires.toISOString(),
    request_type,
    requested_validity,
  };
  zone.origins.push(result);
  return { result };
}

export function listOrigins({ zone: { origins } }: FakeState): Answer {
  const count = origins.length;
  return { result: origins, info: { page: 1, per_page: 100, count, total_count: count } };
}
