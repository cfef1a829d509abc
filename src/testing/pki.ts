// A CA with certificates for a proxy and its clients, and a list of those it revoked, written to
// files as the settings name them.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const validity = { notBefore: new Date('2020-01-01'), notAfter: new Date('2100-01-01') };

export interface PkiFiles {
  readonly caFile: string;
  certFile(name: string): string;
  keyFile(name: string): string;
  readonly crlFile: string;
  /** Writes the list anew, with these on it. */
  revoke(names: readonly string[]): Promise<void>;
}

/**
 * `clients` is subject by file name: `{ llm: 'CN=llm' }`. There is always a `server` for
 * localhost; those named in `revoked` are on the list.
 */
export async function writePki(
  folder: string,
  clients: Readonly<Record<string, string>>,
  revoked: readonly string[] = [],
  caSubject = 'CN=test CA',
): Promise<PkiFiles> {
  const path = (name: string) => join(folder, name);
  const certFile = (name: string) => path(`${name}.cert.pem`);
  const keyFile = (name: string) => path(`${name}.key.pem`);
  const caKeys = await makeKeys();
  const signed = { ...validity, signingKey: caKeys.privateKey, signingAlgorithm: algorithm };
  const ca = await X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      serialNumber: '01',
      name: caSubject,
      keys: caKeys,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign + KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto,
  );
  await writeFile(path('ca.pem'), ca.toString('pem'));
  const serials = new Map<string, string>();
  const subjects = Object.entries({ server: 'CN=localhost', ...clients });
  for (const [index, [name, subject]] of subjects.entries()) {
    const keys = await makeKeys();
    serials.set(name, `1${index}`);
    const leaf = await X509CertificateGenerator.create(
      {
        ...signed,
        serialNumber: `1${index}`,
        subject,
        issuer: ca.subject,
        publicKey: keys.publicKey,
        extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
      },
      webcrypto,
    );
    await writeFile(certFile(name), leaf.toString('pem'));
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    await writeFile(keyFile(name), PemConverter.encode(pkcs8, 'PRIVATE KEY'));
  }
  const issued = { issuer: ca.subject, signingKey: caKeys.privateKey };
  const revoke = async (names: readonly string[]) => {
    const crl = await X509CrlGenerator.create(
      {
        ...issued,
        signingAlgorithm: algorithm,
        thisUpdate: validity.notBefore,
        nextUpdate: validity.notAfter,
        entries: names.map((name) => ({
          serialNumber: serials.get(name) ?? '',
          revocationDate: validity.notBefore,
        })),
      },
      webcrypto,
    );
    // OpenSSL knows no other label; the package writes `CRL`.
    await writeFile(path('crl.pem'), PemConverter.encode(crl.rawData, 'X509 CRL'));
  };
  await revoke(revoked);
  return { caFile: path('ca.pem'), certFile, keyFile, crlFile: path('crl.pem'), revoke };
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}
