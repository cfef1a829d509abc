// When a CA wants to be asked for the next certificate (RFC 9773): it may spread its load, or have
// to take a certificate back before its time.

import 'reflect-metadata'; // x509's own dependency asks its importer for it, and first.
import { AuthorityKeyIdentifierExtension, X509Certificate } from '@peculiar/x509';
import * as z from 'zod';
import { type AcmeConnection, shaped } from './connect.ts';

/** By which it knows the certificate (4.1); null for one without what that is made of. */
export function renewalId(pem: string): string | null {
  const certificate = new X509Certificate(pem);
  const issuer = certificate.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  if (issuer === undefined) return null;
  const serial = Buffer.from(certificate.serialNumber, 'hex');
  // As it stands in the certificate: a number that begins with a set bit has a zero before it.
  const [first = 0] = serial;
  const padded = first >= 0x80 ? Buffer.concat([Buffer.from([0]), serial]) : serial;
  return `${Buffer.from(issuer, 'hex').toString('base64url')}.${padded.toString('base64url')}`;
}

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const infoShape = z.object({ suggestedWindow: z.object({ start: time, end: time }) });

export interface RenewalWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** Null where the CA says nothing of it. @throws AcmeRefusal, ClincherError `acme-unreachable` */
export async function readWindow(
  connection: AcmeConnection,
  id: string,
): Promise<RenewalWindow | null> {
  const { renewalInfo } = connection.directory;
  if (renewalInfo === undefined) return null;
  const { text } = await connection.get(`${renewalInfo.replace(/\/$/, '')}/${id}`);
  const { suggestedWindow } = shaped(infoShape, text, 'renewal information');
  return { startMs: Date.parse(suggestedWindow.start), endMs: Date.parse(suggestedWindow.end) };
}
