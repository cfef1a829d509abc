// What an ingress does, and which of it Caddy or nginx cannot do in its place. A suite asks each of
// them for all of it, and is red for a row too many here as for one too few.

export const ingressProperties = {
  'tls-version': 'TLS 1.2 and 1.3 alone',
  http1: 'HTTP/1.1, to the byte of target and body',
  http2: 'HTTP/2',
  websocket: 'WebSocket over HTTP/1.1',
  'websocket-bytes': 'the bytes of a WebSocket are recorded',
  'websocket-http2': 'WebSocket over HTTP/2 (RFC 8441)',
  'websocket-origin': 'no WebSocket for pages of other origins',
  'websocket-idle': 'a WebSocket on which nothing moves is closed',
  routes: 'routes by host and path, each with its token',
  host: 'the one host, and no other',
  'head-limit': 'the size of a head',
  'head-time': 'the time that a head may take',
  'body-limit': 'the size of a body, announced or not',
  'silent-body': 'a body that stops is not waited for',
  'slow-body': 'a body of a byte at a time is cut off',
  'unread-answer': 'an answer that nobody reads is cut off',
  'slow-service': 'a slow service is waited for',
  rate: 'how often one client may ask, of IPv6 a /64',
  connections: 'how many connections one client may have',
  claims: 'what a client says of itself is overwritten',
  'claims-underscore': 'also where it is written with an underscore',
  'claims-unknown': 'also by names that nobody has used yet',
  'hop-headers': 'headers that a client calls hop by hop end here',
  'two-meanings': 'requests that two programs could read in two ways are refused',
  'two-meanings-http2': 'the same over HTTP/2',
  'lenient-heads': 'heads that are mended elsewhere are refused here',
  'length-alone-http2': 'a length needs a body',
  'pseudo-headers-last': 'pseudo-headers come first',
  'line-feeds': 'a line ends with both of its characters',
  'two-origins': 'a request with two origins is refused',
  'two-tokens': 'a request with two tokens is refused',
  'front-only': 'past the front nobody gets an answer',
  'front-before-tls': 'nor sees the certificate',
  'front-address': 'the address of a client, from the front alone',
  'front-address-odd': 'what is no one address is not taken for one',
  'front-address-twice': 'nor is one of two',
  'front-certificate': 'the certificate of the front',
  'security-headers': 'security headers and a second policy for pages',
  'answer-orders': 'a service cannot order the ingress about',
  'answer-breaks-off': 'an answer that breaks off is broken, not short',
  'client-gone': 'who leaves is not waited for',
  'starting-page': 'a page while the agent starts',
  'access-log': 'a record of each request, without secrets',
  reload: 'certificates, tokens and addresses are read again',
  'reload-rate': 'so are the rates',
  'reload-websocket': 'and no WebSocket ends by it',
} as const;

export type IngressProperty = keyof typeof ingressProperties;

interface Cannot {
  /** What it does instead. */
  readonly why: string;
  /** The first version that can. */
  readonly before?: string;
}

type Lacks = Readonly<Partial<Record<IngressProperty, Cannot>>>;

const nginx: Lacks = {
  'websocket-http2': { why: 'browsers open WebSockets over HTTP/1.1 instead' },
  'slow-body': { why: 'only the pause between two bytes is bounded' },
  connections: { why: 'requests at once are counted, and connections of all clients together' },
  'claims-unknown': { why: 'it removes what is named; all names known to be believed are' },
  'hop-headers': { why: 'what a client names in Connection goes on as it came' },
  'line-feeds': { why: 'a line feed alone ends a line; the service gets both characters' },
  'pseudo-headers-last': { why: 'they are read wherever they come' },
  'two-origins': { why: 'the first counts, and the service gets that alone', before: '1.23.0' },
  'front-before-tls': { why: 'who is refused is refused after the handshake' },
  'front-address-twice': { why: 'the first counts', before: '1.23.0' },
};

const caddy: Lacks = {
  'websocket-bytes': { why: 'neither they nor its id are in its log' },
  'websocket-http2': { why: 'browsers open WebSockets over HTTP/1.1 instead' },
  'websocket-idle': { why: 'it stays open until one of the two ends it' },
  'silent-body': { why: 'it is waited for' },
  'slow-body': { why: 'it is waited for' },
  'unread-answer': { why: 'it is waited for' },
  rate: { why: 'none of its own modules counts requests' },
  'reload-rate': { why: 'none of its own modules counts requests' },
  connections: { why: 'they are not counted' },
  'lenient-heads': { why: 'they are mended, and go on with one meaning' },
  'line-feeds': { why: 'a line feed alone ends a line; the service gets both characters' },
  'length-alone-http2': { why: 'a request without a body goes on' },
  'answer-breaks-off': { why: 'what came is ended as if it were whole' },
  'reload-websocket': { why: 'they end when anything changes, and clients open them anew' },
};

export const ingressLacks: Readonly<Record<'caddy' | 'nginx', Lacks>> = { caddy, nginx };

/** The oldest that each was tried with. */
export const ingressVersionsMin = { caddy: '2.6', nginx: '1.22' } as const;

/** Keys of `ingress` in the user's file that say nothing to a program, by the path below it. */
export const ingressKeysLost: Readonly<
  Record<'caddy' | 'nginx', Readonly<Record<string, string>>>
> = {
  caddy: {
    rate: 'it counts no requests',
    'limits.connectionsMax': 'it counts no connections',
    'limits.connectionsPerClientMax': 'it counts no connections',
    'limits.streamsMax': 'it has a number of its own',
    'limits.clientBytesPerSecondMin': 'it waits for who is slow',
    'limits.clientGraceMs': 'it waits for who is slow',
  },
  nginx: {
    'limits.clientBytesPerSecondMin': 'it bounds the pause between two bytes: clientGraceMs',
  },
};

/** Why a version of a program cannot do it; null where it can. */
export function lackOf(
  program: keyof typeof ingressLacks,
  version: string,
  property: IngressProperty,
): string | null {
  const lack = ingressLacks[program][property];
  if (lack === undefined) return null;
  return lack.before !== undefined && isAtLeast(version, lack.before) ? null : lack.why;
}

/** Whether `version` is at least `wanted`, both in numbers and dots. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const other = have?.[index] ?? 0;
    if (other !== part) return other > part;
  }
  return true;
}
