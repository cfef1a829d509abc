// The section `ingress`: how people come in, and what stands in front of it.

import type { Reader } from '../kit/located/reader.ts';
import { ingressKeysLost } from '../policy/ingress-programs.ts';
import type { CloudflareOptions, IngressOptions } from '../topology/ingress-options.ts';
import type { DriverName } from '../topology/model.ts';
import { given } from './deployment.ts';
import { isLoopback, parseListen } from './fields.ts';
import { ingressProgramName, ingressSchema } from './ingress-schema.ts';
import { type IngressSection, readTls, standardToken } from './ingress-tls.ts';
import { secretSource } from './secret-source.ts';

const standardListen = { host: '127.0.0.1', port: 8_443 } as const;

/** `ranges`: Cloudflare's addresses, as they were last fetched. */
export function readIngress(
  reader: Reader,
  resolve: (path: string) => string,
  ranges: readonly string[],
  driver: DriverName,
): IngressOptions {
  const section = readSection(reader);
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
  const origin = named ?? `https://localhost${port}`;
  const tls = readTls(reader, section, origin, resolve);
  const plain = readPlain(reader, section, listen, tls);
  const { limits, rate, scriptHosts } = section ?? {};
  return {
    ...readProgram(reader, section, driver),
    listen,
    ...(plain === null ? {} : { plain }),
    ...(scriptHosts === undefined ? {} : { scriptHosts }),
    ...(limits === undefined ? {} : { limits: given(limits) ?? {} }),
    ...(rate === undefined ? {} : { rate: rate === false ? null : rate }),
    origin,
    tls,
    cloudflare: readCloudflare(reader, section, resolve, ranges),
    at: reader.document.declaredAt(['ingress']),
  };
}

function readSection(reader: Reader): IngressSection | undefined {
  if (typeof reader.valueAt(['ingress']) !== 'string') {
    return reader.readMap(['ingress'], ingressSchema);
  }
  const program = reader.read(['ingress'], ingressProgramName);
  return program === undefined ? undefined : { program };
}

/** What it would be told and could not keep to is refused where it is said. */
function readProgram(
  reader: Reader,
  { program: name }: IngressSection = {},
  driver: DriverName,
): Pick<IngressOptions, 'program'> {
  if (name === undefined) return {};
  if (driver === 'swarm') {
    reader.add(['ingress'], `driver swarm has our own server alone, and not ${name}`);
  }
  for (const [key, why] of Object.entries(ingressKeysLost[name])) {
    const path = ['ingress', ...key.split('.')];
    const said = reader.valueAt(path);
    // That a client may ask as it likes is all that a program without rates can keep to.
    if (said === undefined || said === false) continue;
    reader.add(path, `says nothing to ${name}: ${why}`);
  }
  return { program: { name, version: null } };
}

function readPlain(
  reader: Reader,
  section: IngressSection | undefined,
  listen: IngressOptions['listen'],
  tls: IngressOptions['tls'],
): IngressOptions['listen'] | null {
  const told = parseListen(section?.plainListen ?? '');
  const isAsked = typeof tls === 'object' && 'challenge' in tls && tls.challenge.type === 'http-01';
  const plain = told ?? (isAsked ? { host: listen.host, port: 80 } : null);
  if (plain !== null && plain.host === listen.host && plain.port === listen.port) {
    reader.add(['ingress', 'plainListen'], 'is what `listen` is; it needs a port of its own');
  }
  return plain;
}

const path = ['ingress', 'cloudflare'];
const standardRate = { requests: 200, periodSeconds: 10, blockSeconds: 10 } as const;
/** What no browser and no client of the agent asks for. */
const standardRule = {
  name: 'methods',
  expression: 'not http.request.method in {"GET" "HEAD" "POST" "PUT" "PATCH" "DELETE" "OPTIONS"}',
  action: 'block',
} as const;

function readCloudflare(
  reader: Reader,
  section: IngressSection | undefined,
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
      'takes no certificate of a local CA: say `tls: cloudflare`, or name files of a public CA',
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
  told: NonNullable<IngressSection['cloudflare']>['rateLimit'],
): CloudflareOptions['rateLimit'] {
  if (told === false) return null;
  if (told === undefined) return standardRate;
  const { requests, perSeconds: periodSeconds, blockSeconds } = told;
  return { requests, periodSeconds, blockSeconds };
}
