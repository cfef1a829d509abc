// judgeIngress in Caddy's words: one expression for each refusal, asked in order, the first that
// holds answers. Patterns stand in raw strings of CEL, so nothing in them may end one.

import { methods, ownHosts, safeMethods } from '../../../policy/ingress.ts';
import { unclearPath, unclearTarget } from '../../../policy/plain-target.ts';
import { inPattern } from './pattern.ts';
import { type Refusal, refusals } from './refusals.ts';
import type { ProxyView } from './view.ts';

export interface Judgement {
  /** In CEL; what it holds for is refused. */
  readonly when: string;
  readonly refusal: Refusal;
}

const target = '{http.request.orig_uri}';
const header = (name: string) => `{http.request.header.${name}}`;
const matches = (what: string, pattern: string) => `${what}.matches(r'${pattern}')`;
const among = (what: string, words: Iterable<string>) =>
  `${what} in [${[...words].map((word) => `'${word}'`).join(', ')}]`;

const namesUpgrade = matches(header('Connection'), '(?i)(?:^|,)[ \\t]*upgrade[ \\t]*(?:,|$)');
const isUpgrade = `${namesUpgrade} && ${header('Upgrade')} != ''`;
const isWebSocket = matches(header('Upgrade'), '(?i)^websocket$');
const isSafe = `${among('{http.request.method}', safeMethods)} && !(${isUpgrade})`;

export function judgements({ settings, tokens }: ProxyView): readonly Judgement[] {
  const { origin, limits, routes } = settings;
  const hosts = ownHosts(origin).map((name) => inPattern(name));
  const host = '{http.request.hostport}';
  const length = header('Content-Length');
  const { version, method, malformed, body, upgrade, path, token } = refusals;
  return [
    {
      when: `!(${among('{http.request.proto}', ['HTTP/1.1', 'HTTP/2.0'])})`,
      refusal: version,
    },
    { when: `!(${among('{http.request.method}', methods)})`, refusal: method },
    { when: `!${matches(host, hostForm)}`, refusal: malformed },
    { when: `!${matches(host, `(?i)^(?:${hosts.join('|')})$`)}`, refusal: refusals.host },
    // Over HTTP/2 there may be one beside the authority.
    {
      when: `${header('Host')} != '' && ${header('Host')} != ${host}`,
      refusal: malformed,
    },
    ...unclearTarget.map((each) => ({
      when: matches(target, each.source.replaceAll("'", '\\x27')),
      refusal: malformed,
    })),
    ...unclearPath.map((each) => ({ when: matches(target, ofPath(each)), refusal: malformed })),
    {
      when: `${matches(length, '^[0-9]{1,15}$')} && int(${length}) > ${limits.bodyBytesMax}`,
      refusal: body,
    },
    { when: `${matches(length, '[^0-9]|^[0-9]{16}')}`, refusal: malformed },
    {
      when: `${isUpgrade} && !({http.request.method} == 'GET' && ${isWebSocket})`,
      refusal: upgrade,
    },
    { when: `${isUpgrade} && ${matches(length, '[1-9]')}`, refusal: malformed },
    {
      when: `!(${isSafe}) && !${matches(header('Origin'), `(?i)^(?:${inPattern(new URL(origin).origin)})?$`)}`,
      refusal: refusals.origin,
    },
    { when: `!(${routes.map(({ prefix }) => isBelow(prefix)).join(' || ')})`, refusal: path },
    ...routes.flatMap((route) => {
      if (route.bearerFile === undefined) return [];
      const right = tokens.get(route.prefix);
      const shown = matches(header('Authorization'), `^(?i:Bearer) +${inPattern(right ?? '')}$`);
      // Without a token the route is closed.
      const refused = right === undefined ? 'true' : `!${shown}`;
      return [{ when: `${leadsTo(route, routes)} && ${refused}`, refusal: token }];
    }),
  ];
}

const hostForm = '^(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?$';

/** A pattern of the path, for the whole target: what the question mark begins is not looked at. */
function ofPath({ source }: RegExp): string {
  const starts = source.startsWith('^');
  const within = (starts ? source.slice(1) : source).replaceAll('$', '(?:$|\\?)');
  return `(?i)^${starts ? '' : '[^?]*?'}${within}`;
}

type Route = ProxyView['settings']['routes'][number];

function isBelow(prefix: string): string {
  return matches(target, `^${inPattern(prefix)}${prefix.endsWith('/') ? '' : '(?:[/?]|$)'}`);
}

/** The longest prefix wins, by whole segments. */
export function leadsTo(route: Route, routes: readonly Route[]): string {
  const closer = routes.filter(
    ({ prefix }) => prefix.length > route.prefix.length && prefix.startsWith(route.prefix),
  );
  return [isBelow(route.prefix), ...closer.map(({ prefix }) => `!${isBelow(prefix)}`)].join(' && ');
}
