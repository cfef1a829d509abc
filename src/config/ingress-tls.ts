// `ingress.tls`: whose certificate it is, and what it takes to have one signed.

import { isIP } from 'node:net';
import type * as z from 'zod';
import type { Reader } from '../kit/located/reader.ts';
import type { AcmeOptions, IngressOptions } from '../topology/ingress-options.ts';
import { isLoopback, parseListen } from './fields.ts';
import type { ingressSchema } from './ingress-schema.ts';
import { secretSource } from './secret-source.ts';

export type IngressSection = Partial<z.infer<typeof ingressSchema>>;
export const standardToken = 'store:cloudflare-token';

const directories = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

export function readTls(
  reader: Reader,
  section: IngressSection | undefined,
  origin: string,
  resolve: (path: string) => string,
): IngressOptions['tls'] {
  const tls = section?.tls ?? 'local';
  if (tls === 'cloudflare' && section?.cloudflare?.addresses === undefined) {
    reader.add(['ingress', 'tls'], 'is for Cloudflare in front: it needs `cloudflare.addresses`');
  }
  if (tls === 'local' || tls === 'cloudflare') return tls;
  if (tls === 'acme') return readAcme(reader, {}, section, origin, resolve);
  const { cert, key, acme } = tls;
  const path = ['ingress', 'tls'];
  if (acme !== undefined) {
    if (cert !== undefined || key !== undefined) {
      reader.add([...path, 'acme'], 'is in the place of `cert` and `key`; keep one of the two');
    }
    return readAcme(reader, acme, section, origin, resolve);
  }
  if (cert === undefined) reader.add([...path, 'cert'], 'is required');
  if (key === undefined) reader.add([...path, 'key'], 'is required');
  return { certFile: resolve(cert ?? ''), keyFile: resolve(key ?? '') };
}

type Told = NonNullable<Exclude<IngressSection['tls'], string | undefined>['acme']>;

function readAcme(
  reader: Reader,
  told: Told,
  section: IngressSection | undefined,
  origin: string,
  resolve: (path: string) => string,
): AcmeOptions {
  const path = ['ingress', 'tls'];
  const { directory = 'letsencrypt', challenge: chosen, ca, email = null, eab, zone } = told;
  const isKnown = directory === 'letsencrypt' || directory === 'letsencrypt-staging';
  const type = chosen ?? (section?.cloudflare === undefined ? 'http-01' : 'dns-01');
  const { hostname } = new URL(origin);
  if (!isKnown && !directory.startsWith('https://')) {
    reader.add([...path, 'acme', 'directory'], 'must be https: what is signed must not be changed');
  }
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || isLocalName(hostname)) {
    reader.add(
      path,
      `needs \`domain\`, or an \`origin\` with a name that a CA knows: no CA signs ${hostname}`,
    );
  } else if (isKnown && !isPublicName(hostname)) {
    reader.add(path, `${hostname} is no public name: Let's Encrypt does not sign it`);
  }
  if (type === 'http-01') {
    if (section?.cloudflare !== undefined) {
      reader.add([...path, 'acme', 'challenge'], 'with Cloudflare in front must be dns-01');
    } else if (
      section?.plainListen === undefined &&
      isLoopback(parseListen(section?.listen ?? '')?.host ?? '127.0.0.1')
    ) {
      reader.add(
        path,
        'by http-01 needs `listen`, or `plainListen`, to be one that the CA reaches',
      );
    }
    for (const key of ['token', 'zone'] as const) {
      if (told[key] !== undefined) reader.add([...path, 'acme', key], 'is for `challenge: dns-01`');
    }
  }
  return {
    directory: isKnown ? directories[directory] : directory,
    caFile: ca === undefined ? null : resolve(ca),
    email,
    eab: eab === undefined ? null : { kid: eab.kid, key: secretSource(eab.key, resolve) },
    challenge:
      type === 'http-01'
        ? { type }
        : {
            type,
            token: secretSource(told.token ?? section?.cloudflare?.token ?? standardToken, resolve),
            zone: zone ?? section?.cloudflare?.zone ?? null,
          },
    at: reader.document.declaredAt(path),
  };
}

function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/** RFC 6761, RFC 6762, RFC 8375 and what ICANN keeps for private use: nobody can own these. */
function isPublicName(name: string): boolean {
  return (
    name.includes('.') && !/\.(local|internal|test|example|invalid|lan|home\.arpa)$/.test(name)
  );
}
