// Whether a certificate that opened a connection would still be let in, by authorities and
// revocation lists that were read since. New handshakes are OpenSSL's to judge; this is for those
// that were under way, and for the tunnels that are open.

import { X509Certificate } from 'node:crypto';

const chainMax = 8;

/** `crl` is PEM, one text a list; null when there is none. */
export async function acceptedBy(
  authorities: readonly string[],
  crl: readonly string[] | null,
): Promise<(certificate: X509Certificate) => boolean> {
  const roots = authorities.map((pem) => new X509Certificate(pem));
  const isRevoked = crl === null ? () => false : await revokedBy(crl);
  return (leaf) => {
    let certificate: X509Certificate | undefined = leaf;
    for (let depth = 0; depth < chainMax && certificate !== undefined; depth += 1) {
      const one: X509Certificate = certificate;
      if (isRevoked(one)) return false;
      if (roots.some((root) => isOf(one, root))) return true;
      const issuer: X509Certificate | undefined = one.issuerCertificate;
      if (issuer === undefined || !isOf(one, issuer)) return false;
      certificate = issuer;
    }
    return false;
  };
}

function isOf(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** By serial number within an issuer. The library is loaded only where there is a list. */
async function revokedBy(
  lists: readonly string[],
): Promise<(certificate: X509Certificate) => boolean> {
  await import('reflect-metadata');
  const { X509Crl, X509Certificate: Parsed } = await import('@peculiar/x509');
  const revoked = new Set<string>();
  for (const block of lists) {
    const list = new X509Crl(Buffer.from(block.replace(/-----[^-]+-----/g, ''), 'base64'));
    for (const { serialNumber } of list.entries) revoked.add(key(list.issuer, serialNumber));
  }
  return (certificate) => {
    const { issuer, serialNumber } = new Parsed(certificate.raw);
    return revoked.has(key(issuer, serialNumber));
  };
}

function key(issuer: string, serialNumber: string): string {
  return `${serialNumber.toLowerCase().replace(/^0+/, '')} ${issuer}`;
}
