// Where nginx leads a request that was judged, what it tells the service behind of the client, and
// what it answers in the service's place.

import { parseAddress } from '../../../kit/address.ts';
import { clientClaims } from '../../../policy/client-claims.ts';
import { stayHere } from '../../../policy/ingress-headers.ts';
import { reasonHeader, requestIdHeader } from '../../../telemetry/names.ts';
import { page, pagePolicy, retrySeconds, unavailableText } from '../page.ts';
import type { IngressSettings } from '../settings.ts';
import { verdictOf } from './nginx-judge.ts';
import { type Block, block, literal, word } from './nginx-text.ts';
import { errorBody, type Refusal, refusalBody, refusals } from './refusals.ts';
import type { ProxyView } from './view.ts';

/** A status that leads to a location, and that nothing else gives. */
const jump = { route: 560, page: 580 } as const;

export function judged({ routes, origin }: IngressSettings): Block {
  return block('location @judged', [
    ...routes.flatMap((_, index) => [
      `error_page ${jump.route + index} = @route${index}`,
      `error_page ${jump.page + index} = @page${index}`,
    ]),
    ...saysNo('$refused_reason'),
    'set $refused_reason ""',
    ...Object.values(refusals)
      .filter(({ status }) => status !== 413)
      .map((refusal) =>
        block(`if ($refused = ${word(verdictOf(refusal))})`, [
          `set $refused_reason ${refusal.reason}`,
          ...(refusal.status === 401 ? ['add_header WWW-Authenticate Bearer always'] : []),
          ...(refusal.status === 401 ? saysNo('$refused_reason') : []),
          `return ${refusal.status} ${word(refusalBody(refusal, origin, '$request_id'))}`,
        ]),
      ),
    ...routes.flatMap((_, index) => [
      block(`if ($leads_to = "${index}")`, [`return ${jump.route + index}`]),
      block(`if ($leads_to = "${index}page")`, [`return ${jump.page + index}`]),
    ]),
    // Nobody comes here; if anybody did, it would be no.
    'return 404',
  ]);
}

function saysNo(reason: string): readonly string[] {
  return [
    `add_header ${reasonHeader} ${reason} always`,
    `add_header ${requestIdHeader} $request_id always`,
    'add_header Cache-Control no-store always',
    'add_header X-Content-Type-Options nosniff always',
  ];
}

type Route = IngressSettings['routes'][number];

/** A person's page load, and everything else: each is told in its way that a service is away. */
export function routed(settings: IngressSettings, route: Route, index: number): readonly Block[] {
  const carries = carry(settings, route, index);
  const message = unavailableText(route.service);
  const json = errorBody('upstream-unreachable', message, '$request_id');
  const away = [...saysNo('upstream-unreachable'), `add_header Retry-After ${retrySeconds} always`];
  return [
    block(`location @route${index}`, [
      ...ownErrors,
      `error_page 502 504 = @away${index}`,
      ...carries,
    ]),
    // The relay answers 503 for an agent that is still starting: a person gets the page for it.
    block(`location @page${index}`, [
      'proxy_intercept_errors on',
      `error_page 502 503 504 = @starting${index}`,
      ...carries,
    ]),
    block(`location @away${index}`, [...away, `return 503 ${word(json)}`]),
    block(`location @starting${index}`, [
      ...away,
      'default_type "text/html; charset=utf-8"',
      `add_header Content-Security-Policy ${word(pagePolicy)} always`,
      'add_header Referrer-Policy no-referrer always',
      `return 503 ${word(page(message, '$request_id'))}`,
    ]),
  ];
}

function carry(settings: IngressSettings, route: Route, index: number): readonly string[] {
  const { limits, origin } = settings;
  const { host } = new URL(origin);
  const told: Readonly<Record<string, string>> = {
    Host: word(host),
    Connection: '$hop_connection',
    Upgrade: '$hop_upgrade',
    // One of two is the one that was judged.
    Origin: '$http_origin',
    ...(route.bearerFile === undefined ? {} : { Authorization: '""' }),
    ...Object.fromEntries(clientClaims.listed.map((name) => [name, '""'])),
    ...{ 'Proxy-Connection': '""', Trailer: '""', 'Keep-Alive': '""' },
    ...{ 'x-forwarded-for': '$told_address', 'x-forwarded-proto': 'https' },
    ...{ 'x-forwarded-host': word(host), 'x-request-id': '$request_id' },
  };
  return [
    // The target as it was judged, to the byte.
    `proxy_pass http://clincher_route_${index}$request_uri`,
    'proxy_http_version 1.1',
    'proxy_redirect off',
    'proxy_buffering off',
    'proxy_request_buffering off',
    'proxy_next_upstream off',
    `proxy_connect_timeout ${limits.headerTimeoutMs}ms`,
    `proxy_read_timeout ${limits.idleTimeoutMs}ms`,
    `proxy_send_timeout ${limits.idleTimeoutMs}ms`,
    // With these the service behind could send a client to a location of nginx's own.
    'proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering',
    ...Object.entries(told).map(([name, value]) => `proxy_set_header ${name} ${value}`),
    ...['Alt-Svc', 'Strict-Transport-Security', requestIdHeader].map(
      (name) => `proxy_hide_header ${name}`,
    ),
    `add_header ${requestIdHeader} $request_id always`,
    `add_header Content-Security-Policy ${word(stayHere(origin))} always`,
    'add_header X-DNS-Prefetch-Control $add_x_dns_prefetch_control always',
    'add_header X-Content-Type-Options $add_x_content_type_options always',
    'add_header Referrer-Policy $add_referrer_policy always',
    'add_header X-Frame-Options $add_x_frame_options always',
    'add_header Strict-Transport-Security $add_hsts always',
  ];
}

/**
 * What nginx refuses by itself, before or beside the judging. Led to by paths and not by names: a
 * request may be refused before it has a path, and then there is no way to a name.
 */
export const ownErrors = [
  'error_page 400 495 496 497 = /@malformed',
  'error_page 408 = /@slow',
  'error_page 413 = @large',
  'error_page 414 431 494 = /@head',
  'error_page 429 = @often',
] as const;

export function refusedByNginx({ rate }: ProxyView['live'], origin: string): readonly Block[] {
  const wait = rate === null ? 1 : Math.ceil(rate.perSeconds / rate.requests);
  const answer = (where: string, refusal: Refusal, more: readonly string[] = []) =>
    block(`location ${where}`, [
      ...(where.startsWith('=') ? ['internal'] : []),
      ...saysNo(refusal.reason),
      ...more,
      `return ${refusal.status} ${word(refusalBody(refusal, origin, '$request_id'))}`,
    ]);
  return [
    answer('= /@malformed', refusals.malformed),
    answer('= /@slow', { status: 408, reason: 'client-slow' }),
    answer('@large', refusals.body),
    answer('= /@head', { status: 431, reason: 'request-malformed' }),
    answer('@often', { status: 429, reason: 'limit-rate' }, [
      `add_header Retry-After ${wait} always`,
    ]),
  ];
}

export function upstreamOf(address: string): string {
  const parsed = parseAddress(address);
  const path = parsed?.kind === 'unix' ? `unix:${parsed.path}` : address.replace(/^tcp:/, '');
  return literal(path, 'a socket called');
}
