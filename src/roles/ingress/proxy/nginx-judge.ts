// judgeIngress in nginx's words: one map for each question, each empty or `STATUS REASON;`, and the
// first of them in `$refused`. Maps are computed when asked for, and change nothing.

import { methods, ownHosts, safeMethods } from '../../../policy/ingress.ts';
import { unclearPath, unclearTarget } from '../../../policy/plain-target.ts';
import { type Block, map } from './nginx-text.ts';
import { inPattern } from './pattern.ts';
import { type Refusal, refusals } from './refusals.ts';
import type { ProxyView } from './view.ts';

const { version, method, malformed, host, upgrade, origin, path, token } = refusals;
const fine = '';

export function judge({ settings, live, tokens }: ProxyView): readonly Block[] {
  const oneOf = (words: ReadonlySet<string>) => [...words].join('|');
  return [
    map('$request_uri', '$clincher_path', [['~^(?<before_query>[^?]*)', '$before_query']]),
    map('$request_method $server_protocol', '$refused_wire', [
      [`~^(?:${oneOf(methods)}) HTTP/(?:1\\.1|2\\.0)$`, fine],
      ['~ HTTP/(?:1\\.1|2\\.0)$', said(method)],
      ['default', said(version)],
    ]),
    map('$http_host', '$refused_host', [
      ...ownHosts(settings.origin).map((name) => [name, fine] as const),
      ['~^[A-Za-z0-9._-]+(?::[0-9]{1,5})?$', said(host)],
      ['~^\\[[0-9A-Fa-f:.]+\\](?::[0-9]{1,5})?$', said(host)],
      ['default', said(malformed)],
    ]),
    map('$request', '$refused_form', [
      ['~^[A-Z]+ /', fine],
      ['default', said(malformed)],
    ]),
    // RFC 9113, 8.2.2: over HTTP/2 nobody says how a connection goes on.
    map(
      '$server_protocol $http_connection$http_transfer_encoding$http_upgrade$http_proxy_connection$http_keep_alive',
      '$refused_hop',
      [['~^HTTP/2\\.0 .', said(malformed)]],
    ),
    map('$request_uri', '$refused_target', unclear(unclearTarget)),
    map('$clincher_path', '$refused_path', unclear(unclearPath)),
    ...saidAddress(live.front?.addressHeader ?? null),
    ...upgrades(),
    map('$request_method$asks_upgrade', '$is_safe', [[`~^(?:${oneOf(safeMethods)})$`, 'safe']]),
    map('$is_safe $http_origin', '$refused_origin', [
      ['~^safe ', fine],
      [' ', fine],
      [` ${new URL(settings.origin).origin}`, fine],
      ['default', said(origin)],
    ]),
    map('$clincher_path', '$route', routeRows(settings.routes)),
    map('$route', '$refused_route', [['none', said(path)]]),
    map('$route $http_authorization', '$refused_token', tokenRows(settings.routes, tokens)),
    map(all, '$refused', [['~^(?<first_refusal>[^;]+);', '$first_refusal']]),
    map('$request_method $http_accept', '$is_page', [['~*^GET .*text/html', 'page']]),
    map('$refused$route$is_page', '$leads_to', [['~^(?:[0-9]+)(?:page)?$', '$route$is_page']]),
  ];
}

/** In the order of judgeIngress. */
const all = [
  ...[
    '$refused_wire',
    '$refused_host',
    '$refused_form',
    '$refused_hop',
    '$refused_said',
    '$refused_target',
    '$refused_path',
  ],
  ...['$refused_framing', '$refused_origin', '$refused_route', '$refused_token'],
].join('');

/** As the log says it, too. */
export function verdictOf({ status, reason }: Refusal): string {
  return `${status} ${reason}`;
}

function said(refusal: Refusal): string {
  return `${verdictOf(refusal)};`;
}

function unclear(patterns: readonly RegExp[]): (readonly [string, string])[] {
  // Hexadecimal digits are all that a pattern could have in two cases.
  return patterns.map(({ source }) => [`~*${source}`, said(malformed)]);
}

/** nginx takes an address out of several; what is not one address alone is refused instead. */
function saidAddress(header: string | null): readonly Block[] {
  const source = header === null ? '' : `$http_${header.replaceAll('-', '_')}`;
  return [
    map(source, '$refused_said', [
      ['', fine],
      ['~^[0-9]{1,3}(?:\\.[0-9]{1,3}){3}$', fine],
      ['~*^[0-9a-f:]*:[0-9a-f:.]+$', fine],
      ['default', said(malformed)],
    ]),
  ];
}

/** A body before the upgrade is what request-tunnelling hides in; h2c is a second protocol. */
function upgrades(): readonly Block[] {
  return [
    map('$http_connection', '$names_upgrade', [['~*(?:^|,)[ \\t]*upgrade[ \\t]*(?:,|$)', 'yes']]),
    map('$names_upgrade $http_upgrade', '$asks_upgrade', [['~^yes .', ' upgrade']]),
    map(
      '$asks_upgrade|$request_method|$http_upgrade|$http_content_length|$http_transfer_encoding',
      '$refused_framing',
      [
        ['~^\\|', fine],
        ['~*^ upgrade\\|GET\\|websocket\\|0*\\|$', fine],
        ['~*^ upgrade\\|GET\\|websocket\\|', said(malformed)],
        ['default', said(upgrade)],
      ],
    ),
    map('$asks_upgrade', '$hop_connection', [[' upgrade', 'upgrade']]),
    map('$asks_upgrade', '$hop_upgrade', [[' upgrade', 'websocket']]),
  ];
}

type Routes = ProxyView['settings']['routes'];

/** The longest prefix wins, by whole segments: patterns are tried in order. */
function routeRows(routes: Routes): (readonly [string, string])[] {
  const longestFirst = routes
    .map(({ prefix }, index) => ({ prefix, index }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return [
    ...longestFirst.map(
      ({ prefix, index }) => [`~^${prefixPattern(prefix)}`, String(index)] as const,
    ),
    ['default', 'none'],
  ];
}

function prefixPattern(prefix: string): string {
  return prefix.endsWith('/') ? inPattern(prefix) : `${inPattern(prefix)}(?:/|$)`;
}

function tokenRows(routes: Routes, tokens: ProxyView['tokens']): (readonly [string, string])[] {
  return routes.flatMap(({ prefix, bearerFile }, index) => {
    if (bearerFile === undefined) return [];
    const right = tokens.get(prefix);
    const refused = [`~^${index} `, said(token)] as const;
    // Without a token the route is closed.
    if (right === undefined) return [refused];
    return [[`~^${index} (?i:Bearer) +${inPattern(right)}$`, fine] as const, refused];
  });
}
