// Where Caddy leads a request that was judged, what it tells the service behind of the client, and
// what it answers in the service's place.

import { parseAddress } from '../../../kit/address.ts';
import { clientClaims } from '../../../policy/client-claims.ts';
import { hasPublicName, sameMachineAddress, stayHere } from '../../../policy/ingress-headers.ts';
import { reasonHeader, requestIdHeader } from '../../../telemetry/names.ts';
import { page, pagePolicy, retrySeconds, unavailableText } from '../page.ts';
import type { IngressSettings } from '../settings.ts';
import { leadsTo } from './caddy-judge.ts';
import { canonicalHeader } from './caddy-log.ts';
import { plain } from './caddy-text.ts';
import { errorBody, type Refusal, refusalBody } from './refusals.ts';
import type { ProxyView } from './view.ts';

const requestId = '{http.request.uuid}';
const read = '{clincher.address}';
const told = '{http.vars.clincher_address}';
const isPage =
  "{http.request.method} == 'GET' && {http.request.header.Accept}.contains('text/html')";

/** Who the client is, for the service behind: the front's word where there is one. */
export function toldAddress({ live }: ProxyView) {
  const socket = '{http.request.remote.host}';
  const header = live.front?.addressHeader ?? null;
  const said = header === null ? '' : `{http.request.header.${header}}`;
  const address = (pattern: string, output: string) => ({
    input_regexp: `^(?:[^ ]+ )?${pattern}$`,
    outputs: [output],
  });
  const map = {
    handler: 'map',
    // What is said counts where it is one address; said twice it is two with a comma.
    source: header === null ? socket : `${socket} ${said}`,
    destinations: [read],
    mappings: [
      address('(?:::ffff:)?127\\.[0-9.]+', sameMachineAddress),
      address('(?:::1|)', sameMachineAddress),
      address('::ffff:([0-9.]+)', '$1'),
      address('([0-9]{1,3}(?:\\.[0-9]{1,3}){3})', '$1'),
      address('([0-9A-Fa-f]*:[0-9A-Fa-f:.]+)', '$1'),
    ],
    defaults: [sameMachineAddress],
  };
  // A map is read when it is asked for, and by then the header is gone.
  return [map, { handler: 'vars', clincher_address: read }];
}

export function refuse(refusal: Refusal, origin: string) {
  const more = refusal.status === 401 ? { 'www-authenticate': ['Bearer'] } : {};
  const body = refusalBody(refusal, origin, requestId);
  return answer(refusal.status, refusal.reason, 'application/json', body, more);
}

function answer(
  status: number,
  reason: string,
  type: string,
  body: string,
  more: Readonly<Record<string, readonly string[]>>,
) {
  return {
    handler: 'static_response',
    status_code: status,
    headers: canonically({
      'content-type': [`${type}; charset=utf-8`],
      'cache-control': ['no-store'],
      'x-content-type-options': ['nosniff'],
      [reasonHeader]: [reason],
      [requestIdHeader]: [requestId],
      ...more,
    }),
    body: withoutNames(body),
  };
}

/** As Go writes names: by another Caddy would say a header twice. */
function canonically(headers: Readonly<Record<string, readonly string[]>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [canonicalHeader(name), values]),
  );
}

/** Every brace but those of the request's id, so that Caddy finds no other name in a text. */
function withoutNames(text: string): string {
  return text
    .split(requestId)
    .map((part) => part.replace(/[{}]/g, '\\$&'))
    .join(requestId);
}

type Route = IngressSettings['routes'][number];

export function routed(settings: IngressSettings) {
  const { routes } = settings;
  return routes.flatMap((route) => {
    const leads = leadsTo(route, routes);
    const carried = (more: object) => ({
      handle: [...headers(settings, route), proxy(settings, route, more)],
      terminal: true,
    });
    return [
      // The relay answers 503 for an agent that is still starting: a person gets the page for it.
      {
        match: [{ expression: `${leads} && ${isPage}` }],
        ...carried({ handle_response: [startingInstead(route)] }),
      },
      { match: [{ expression: leads }], ...carried({}) },
    ];
  });
}

function startingInstead(route: Route) {
  const headers = { [reasonHeader]: ['upstream-unreachable'] };
  return { match: { status_code: [503], headers }, routes: [{ handle: [starting(route)] }] };
}

/** In place of a service that is not there: Caddy itself calls that 502. */
export function away({ routes }: IngressSettings) {
  return routes.flatMap((route) => {
    const leads = leadsTo(route, routes);
    const message = unavailableText(route.service);
    const json = errorBody('upstream-unreachable', message, requestId);
    const retry = { 'retry-after': [String(retrySeconds)] };
    const asJson = answer(503, 'upstream-unreachable', 'application/json', json, retry);
    return [
      {
        match: [{ expression: `${leads} && ${isPage}` }],
        handle: [starting(route)],
        terminal: true,
      },
      { match: [{ expression: leads }], handle: [asJson], terminal: true },
    ];
  });
}

function starting({ service }: Route) {
  return answer(
    503,
    'upstream-unreachable',
    'text/html',
    page(unavailableText(service), requestId),
    {
      'retry-after': [String(retrySeconds)],
      'content-security-policy': [pagePolicy],
      'referrer-policy': ['no-referrer'],
    },
  );
}

/** On its way out of the proxy: whether the service has said which scripts may run. */
const judgedHeader = 'X-Clincher-Judged';

/** The last of these acts first. */
function stayingHere(settings: IngressSettings) {
  const policy = 'Content-Security-Policy';
  const when = (headers: object, change: object) => ({
    handler: 'headers',
    response: { require: { headers }, ...change },
  });
  return [
    when({ [judgedHeader]: null }, { add: { [policy]: [stayHere(settings, false)] } }),
    when({ [judgedHeader]: ['1'] }, { add: { [policy]: [stayHere(settings, true)] } }),
    when({ [policy]: ['*script-src*', '*default-src*'] }, { set: { [judgedHeader]: ['1'] } }),
    { handler: 'headers', response: { deferred: true, delete: [judgedHeader] } },
  ];
}

/** Around the proxy: the outermost acts last on an answer. */
function headers(settings: IngressSettings, { bearerFile }: Route) {
  const { origin } = settings;
  const unlessSaid = (name: string, value: string) => ({
    handler: 'headers',
    response: { require: { headers: { [name]: null } }, set: { [name]: [value] } },
  });
  const families = clientClaims.families.map((family) => `${family}-*`);
  return [
    {
      handler: 'headers',
      request: {
        // Names with an underscore are one with those of a dash to some.
        delete: [
          ...[...clientClaims.names, ...clientClaims.families, ...families, '*_*'],
          ...(bearerFile === undefined ? [] : ['Authorization']),
        ],
      },
      response: {
        deferred: true,
        set: {
          [requestIdHeader]: [requestId],
          ...(hasPublicName(origin) ? { 'Strict-Transport-Security': ['max-age=31536000'] } : {}),
        },
        delete: ['Server', judgedHeader],
      },
    },
    ...stayingHere(settings),
    // A policy for frames counts before the older header, which says less.
    {
      handler: 'headers',
      response: {
        require: { headers: { 'Content-Security-Policy': ['*frame-ancestors*'] } },
        delete: ['X-Frame-Options'],
      },
    },
    unlessSaid('X-Frame-Options', 'SAMEORIGIN'),
    unlessSaid('X-Dns-Prefetch-Control', 'off'),
    unlessSaid('X-Content-Type-Options', 'nosniff'),
    unlessSaid('Referrer-Policy', 'no-referrer'),
  ];
}

function proxy({ limits, origin }: IngressSettings, { to }: Route, more: object) {
  const { host } = new URL(origin);
  const parsed = parseAddress(to);
  const dial = parsed?.kind === 'unix' ? `unix/${parsed.path}` : to.replace(/^tcp:/, '');
  return {
    handler: 'reverse_proxy',
    upstreams: [{ dial: plain(dial) }],
    transport: {
      protocol: 'http',
      dial_timeout: `${limits.headerTimeoutMs}ms`,
      response_header_timeout: `${limits.idleTimeoutMs}ms`,
      keep_alive: { enabled: false },
      compression: false,
    },
    // At once would have it go on for a client that has left.
    flush_interval: '10ms',
    headers: {
      request: {
        set: {
          Host: [host],
          'X-Forwarded-For': [told],
          'X-Forwarded-Proto': ['https'],
          'X-Forwarded-Host': [host],
          [requestIdHeader]: [requestId],
        },
      },
      response: {
        // What is left of the second in an answer is ours: the log is read by it.
        delete: ['Alt-Svc', reasonHeader, 'Strict-Transport-Security', requestIdHeader],
      },
    },
    ...more,
  };
}
