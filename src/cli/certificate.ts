// Certificates of this installation's own: a CA and the one certificate it signed, for the ingress
// or for who may connect to it. The CA's private key is forgotten as soon as it has signed, so who
// trusts the CA trusts that one certificate.

import 'reflect-metadata'; // x509's own dependency asks its importer for it, and first.
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface SignedCertificate {
  /** For a browser's or a client's trust store. */
  readonly caPem: string;
  readonly certPem: string;
  /** PKCS #8. */
  readonly keyPem: string;
}

/** Browsers refuse more than 398 days; one day less than the least of their limits. */
const validDays = 397;
const dayMs = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const alwaysHosts = ['localhost', '127.0.0.1', '::1'];

/** For whom a certificate is: servers of these hosts, or one client. */
type Subject = { readonly hosts: readonly string[] } | { readonly client: string };

/** Shown by Cloudflare to ingress; longer lived, because it is renewed by hand: see cloudflare. */
const clientValidDays = 3_650;

/**
 * Makes a client certificate and the CA that a server asks for it. `now` is in milliseconds since
 * the epoch.
 */
export function makeClientCertificate(client: string, now: number): Promise<SignedCertificate> {
  return makeSigned({ client }, now, clientValidDays);
}

/**
 * Makes a certificate for localhost, the loopback addresses and `hosts` (names or IP literals).
 * `now` is in milliseconds since the epoch. Profile: RFC 5280, keys ECDSA P-256.
 */
export function makeLocalCertificate(
  hosts: readonly string[],
  now: number,
): Promise<SignedCertificate> {
  return makeSigned({ hosts }, now, validDays);
}

async function makeSigned(subject: Subject, now: number, days: number): Promise<SignedCertificate> {
  const caKeys = await makeKeys();
  const keys = await makeKeys();
  // A day back, so that a clock that is a little behind still takes it.
  const validity = {
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + (days - 1) * dayMs),
  };
  const serial = () => Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex');
  const issuer = `CN=clincher local CA ${serial().slice(0, 8)}`;
  const ca = await X509CertificateGenerator.create(
    {
      serialNumber: `01${serial()}`,
      subject: issuer,
      issuer,
      ...validity,
      publicKey: caKeys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
        await SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const leaf = await X509CertificateGenerator.create(
    {
      serialNumber: `01${serial()}`,
      subject: `CN=${'client' in subject ? subject.client : 'clincher'}`,
      issuer,
      ...validity,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: await extensionsOf(subject, keys.publicKey, caKeys.publicKey),
    },
    webcrypto,
  );
  return {
    caPem: `${ca.toString('pem')}\n`,
    certPem: `${leaf.toString('pem')}\n`,
    keyPem: await keyPemOf(keys),
  };
}

/** A request (PKCS #10) for a certificate of `host`, and the key that it is for. */
export async function makeCertificateRequest(
  host: string,
): Promise<{ readonly csrPem: string; readonly keyPem: string }> {
  const keys = await makeKeys();
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: `CN=${host}`,
      keys,
      signingAlgorithm: algorithm,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
    },
    webcrypto,
  );
  return { csrPem: request.toString('pem'), keyPem: await keyPemOf(keys) };
}

async function keyPemOf({ privateKey }: CryptoKeyPair): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`;
}

function makeKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

async function extensionsOf(
  subject: Subject,
  key: webcrypto.CryptoKey,
  caKey: webcrypto.CryptoKey,
): Promise<Extension[]> {
  const isClient = 'client' in subject;
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([
      isClient ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth,
    ]),
    ...(isClient ? [] : [namesOf(subject.hosts)]),
    await SubjectKeyIdentifierExtension.create(key, false, webcrypto),
    await AuthorityKeyIdentifierExtension.create(caKey, false, webcrypto),
  ];
}

function namesOf(hosts: readonly string[]): Extension {
  const names = [...new Set([...alwaysHosts, ...hosts.map(bare)])].map((host) =>
    isIP(host) === 0
      ? ({ type: 'dns', value: host } as const)
      : ({ type: 'ip', value: host } as const),
  );
  return new SubjectAlternativeNameExtension(names);
}

/** `[::1]` as it stands in a URL, to `::1`. */
function bare(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
