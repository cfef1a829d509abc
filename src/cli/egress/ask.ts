// A question to the policy as people write it: HOST or HOST:PORT.

import { ClincherError } from '../../kit/error.ts';

export interface Asked {
  /** As written, without brackets: the policy judges its spelling. */
  readonly host: string;
  readonly port: number;
}

/**
 * `example.com`, `example.com:8443`, `[2001:db8::1]:443` or `2001:db8::1`; port 443 when there is
 * none.
 * @throws ClincherError `usage`
 */
export function readAsked(text: string): Asked {
  const match = /^(?:\[([^[\]]+)\]|([^:[\]/]+))(?::([1-9][0-9]{0,4}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 443);
  if (host !== undefined && port <= 65_535) return { host, port };
  if (/^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)) return { host: text, port: 443 };
  throw new ClincherError('usage', `${JSON.stringify(text)} is no host`, {
    fix: `Write HOST or HOST:PORT${hint(text)}.`,
  });
}

function hint(text: string): string {
  if (!URL.canParse(text)) return ', for example api.example.com:443';
  const { hostname, port, protocol } = new URL(text);
  const standard = protocol === 'http:' ? ':80' : '';
  return hostname === '' ? '' : `: ${hostname}${port === '' ? standard : `:${port}`}`;
}
