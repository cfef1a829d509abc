// The section `ingress`: how people come in, and what stands in front of it.

import type * as z from 'zod';
import type { Reader } from '../kit/located/reader.ts';
import type { CloudflareOptions, IngressOptions } from '../topology/options.ts';
import { parseListen } from './fields.ts';
import { ingressSchema } from './schema.ts';
import { secretSource } from './secret-source.ts';

const standardListen = { host: '127.0.0.1', port: 8_443 } as const;

/** `ranges`: Cloudflare's addresses, as they were last fetched. */
export function readIngress(
  reader: Reader,
  resolve: (path: string) => string,
  ranges: readonly string[],
): IngressOptions {
  const section = reader.readMap(['ingress'], ingressSchema);
  const listen = parseListen(section?.listen ?? '') ?? standardListen;
  if (section?.origin !== undefined && section.domain !== undefined) {
    reader.add(['ingress', 'domain'], 'says the same as origin; keep one of the two');
  }
  const named =
    section?.origin ?? (section?.domain === undefined ? undefined : `https://${section.domain}`);
  if (section?.listen !== undefined && named === undefined && !isLoopback(listen.host)) {
    reader.add(
      ['ingress', 'listen'],
      'lets other machines in, so the section needs `domain` or `origin`: what people will type',
    );
  }
  const port = listen.port === 443 ? '' : `:${listen.port}`;
  const tls = section?.tls ?? 'local';
  return {
    listen,
    origin: named ?? `https://localhost${port}`,
    tls: tls === 'local' ? tls : { certFile: resolve(tls.cert), keyFile: resolve(tls.key) },
    cloudflare: readCloudflare(reader, section, resolve, ranges),
    at: reader.document.declaredAt(['ingress']),
  };
}

export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}

const path = ['ingress', 'cloudflare'];
const standardToken = 'store:cloudflare-token';
const standardRate = { requests: 200, periodSeconds: 10, blockSeconds: 10 } as const;
/** What no browser and no client of the agent asks for. */
const standardRule = {
  name: 'methods',
  expression: 'not http.request.method in {"GET" "HEAD" "POST" "PUT" "PATCH" "DELETE" "OPTIONS"}',
  action: 'block',
} as const;

type Section = Partial<z.infer<typeof ingressSchema>>;

function readCloudflare(
  reader: Reader,
  section: Section | undefined,
  resolve: (path: string) => string,
  ranges: readonly string[],
): CloudflareOptions | null {
  const told = section?.cloudflare;
  if (section === undefined || told === undefined) return null;
  const { token = standardToken, zone = null, addresses, tunnel, rateLimit, rules = [] } = told;
  const host = section.domain ?? '';
  if (section.domain === undefined) {
    reader.add(path, 'needs `domain` beside it: the name that people type');
  } else if (zone !== null && host !== zone && !host.endsWith(`.${zone}`)) {
    reader.add([...path, 'zone'], `is not what ${host} is in`);
  }
  if ((addresses === undefined) === (tunnel === undefined)) {
    reader.add(path, 'needs one of `addresses` and `tunnel`: how Cloudflare finds this machine');
  } else if (addresses !== undefined && (section.tls ?? 'local') === 'local') {
    reader.add(
      path,
      'takes no certificate of a local CA: name files in `tls`, from a public CA or Cloudflare',
    );
  }
  if (
    addresses !== undefined &&
    isLoopback(parseListen(section.listen ?? '')?.host ?? '127.0.0.1')
  ) {
    reader.add([...path, 'addresses'], 'need `listen` to be one that other machines reach');
  }
  const names = [standardRule.name, ...rules.map(({ name }) => name)];
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice > 0) reader.add([...path, 'rules', twice - 1, 'name'], 'is taken');
  return {
    token: secretSource(token, resolve),
    tokenText: token,
    host,
    zone,
    way: addresses === undefined ? { tunnel: tunnel ?? '' } : { addresses },
    rateLimit: rateOf(rateLimit),
    rules: [standardRule, ...rules],
    ranges,
    at: reader.document.declaredAt(path),
  };
}

function rateOf(
  told: NonNullable<Section['cloudflare']>['rateLimit'],
): CloudflareOptions['rateLimit'] {
  if (told === false) return null;
  if (told === undefined) return standardRate;
  const { requests, perSeconds: periodSeconds, blockSeconds } = told;
  return { requests, periodSeconds, blockSeconds };
}
