// TLS of a role's own listeners, from files. Each file is looked at before it is used, because
// an empty list of CAs would be taken to mean every public one.

import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { ClincherError } from '../kit/error.ts';
import { readWholeFile } from './read-file.ts';
import { acceptedBy } from './revocation.ts';

export interface ServerTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface MutualTlsFiles extends ServerTlsFiles {
  readonly caFile: string;
  readonly crlFile?: string | undefined;
}

/** @throws ClincherError `settings-invalid` */
export async function serverTls(files: ServerTlsFiles): Promise<TlsOptions> {
  const cert = await readPem(files.certFile, 'CERTIFICATE');
  const key = await readPem(files.keyFile, '[A-Z ]*PRIVATE KEY');
  const options = {
    cert,
    key,
    minVersion: 'TLSv1.2',
    // A resumed session would skip the look at the certificate and at the revocation list.
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const satisfies TlsOptions;
  return checked(options, `${files.certFile} and ${files.keyFile}`);
}

export interface MutualTls {
  readonly options: TlsOptions;
  /** Whether a certificate that was let in once would be now. */
  readonly accepts: (certificate: X509Certificate) => boolean;
}

/** Only clients with a certificate of the CA, and not revoked, finish the handshake. */
export async function mutualTls(files: MutualTlsFiles): Promise<MutualTls> {
  const own = await serverTls(files);
  const ca = certificatesIn(await readPem(files.caFile, 'CERTIFICATE'), files.caFile);
  const list = files.crlFile === undefined ? null : await readPem(files.crlFile, 'X509 CRL');
  // OpenSSL is given one by one: of a text with several lists it would read the first.
  const crl = list === null ? null : listsIn(list);
  const options = {
    ...own,
    ca,
    ...(crl === null ? {} : { crl }),
    requestCert: true,
    rejectUnauthorized: true,
  };
  checked(options, files.crlFile ?? files.caFile);
  try {
    return { options, accepts: await acceptedBy(ca, crl) };
  } catch (cause) {
    throw unusable(files.crlFile ?? files.caFile, 'cannot be read', cause);
  }
}

async function readPem(file: string, label: string): Promise<string> {
  const text = (await readWholeFile(file)).toString('utf8');
  const block = new RegExp(`-----BEGIN ${label}-----\\s[^-]+-----END ${label}-----`);
  if (block.test(text)) return text;
  throw unusable(file, `holds no PEM block of ${label.replace('[A-Z ]*', 'a ')}`);
}

function listsIn(pem: string): string[] {
  return pem.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? [];
}

function certificatesIn(pem: string, file: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  for (const block of blocks) {
    try {
      if (new X509Certificate(block).ca) continue;
    } catch (cause) {
      throw unusable(file, 'holds a certificate that cannot be read', cause);
    }
    throw unusable(file, 'holds a certificate that is not of a CA');
  }
  return blocks;
}

function checked(options: TlsOptions, what: string): TlsOptions {
  try {
    createSecureContext(options);
    return options;
  } catch (cause) {
    // OpenSSL's own words name the fault and quote nothing of the file.
    throw unusable(what, `cannot be used: ${(cause as Error).message}`, cause);
  }
}

function unusable(file: string, what: string, cause?: unknown): ClincherError {
  return new ClincherError('settings-invalid', `${file} ${what}`, {
    fix: 'Give PEM files that belong together and that this user can read.',
    ...(cause === undefined ? {} : { cause }),
  });
}
