// The certificate that the ingress shows to Cloudflare, signed by Cloudflare for this purpose alone
// (Origin CA). The key is made here and stays here; what is sent is a request that it signed.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import type { ShownChange } from '../../cloudflare/model.ts';
import { ClincherError } from '../../kit/error.ts';
import { Secret } from '../../kit/secret.ts';
import { tlsCert, tlsKey } from '../../topology/secrets.ts';
import { isNearExpiry, isOfLocalCa } from '../secrets/generate.ts';
import { generatedStore } from '../secrets/stores.ts';
import type { CloudflareWork } from './open-work.ts';

/** What the dashboard proposes: only Cloudflare trusts it, and it can be revoked there. */
const validDays = 5_475;

/** Null where none is wanted, or the one that is there will do. */
export async function certificateChange({
  declared,
  told,
  stateDir,
}: CloudflareWork): Promise<ShownChange | null> {
  if (declared.options.ingress.tls !== 'cloudflare') return null;
  const store = generatedStore(stateDir);
  const pem = (await store.read(tlsCert))?.reveal() ?? '';
  if (isOfCloudflare(pem) && serves(pem, told.host)) return null;
  const to = `for ${told.host}, signed by Cloudflare`;
  return { what: 'certificate of the ingress', from: null, to, reach: 'host' };
}

function serves(pem: string, host: string): boolean {
  const certificate = new X509Certificate(pem);
  return certificate.checkHost(host) !== undefined && !isNearExpiry(certificate, Date.now());
}

function isOfCloudflare(pem: string): boolean {
  return pem.includes('BEGIN CERTIFICATE') && !isOfLocalCa(new X509Certificate(pem));
}

const signed = z.object({ certificate: z.string() });

/**
 * Source: POST /certificates of Cloudflare's API.
 * @throws ClincherError `cloudflare-refused` also for a certificate of another key or name; what
 * the store held stays then
 */
export async function orderCertificate({ api, told, stateDir }: CloudflareWork): Promise<void> {
  const { makeCertificateRequest } = await import('../certificate.ts');
  const { csrPem, keyPem } = await makeCertificateRequest(told.host);
  const body = {
    csr: csrPem,
    hostnames: [told.host],
    request_type: 'origin-ecc',
    requested_validity: validDays,
  };
  const answered = signed.safeParse(
    await api.change({ method: 'POST', path: '/certificates', body }),
  );
  const pem = answered.success ? answered.data.certificate : '';
  if (!isFor(pem, keyPem, told.host)) {
    throw new ClincherError(
      'cloudflare-refused',
      `Cloudflare answered with a certificate that is not for ${told.host} and the key made here`,
      { fix: 'Nothing was changed. Try again; or name files in ingress.tls.' },
    );
  }
  const store = generatedStore(stateDir);
  await store.write(tlsKey, new Secret(keyPem));
  await store.write(tlsCert, new Secret(`${pem.trim()}\n`));
}

function isFor(pem: string, keyPem: string, host: string): boolean {
  try {
    const certificate = new X509Certificate(pem);
    return certificate.checkPrivateKey(createPrivateKey(keyPem)) && serves(pem, host);
  } catch {
    return false;
  }
}
