// The one spelling of a host. Two programs that read the same odd spelling differently are how a
// proxy is walked around, so a name is in its canonical form or refused; nothing here repairs
// one.

import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { getPublicSuffix } from 'tldts';
import { canonicalAddress } from './address-class.ts';

export type Host =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'address'; readonly text: string };

/** RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters without the root's dot. */
const nameCharsMax = 253;
/**
 * Letters, digits, hyphens, 63 at most, no hyphen at an end: RFC 1123 section 2.1. And `_`, which
 * names in use have, which DNS knows and which every reader takes for itself.
 */
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/**
 * A last label like this makes the URL standard and inet_aton read the whole as a number: an IPv4
 * address.
 */
const numberLike = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * The canonical form of a host as a client wrote it, without brackets: a name in lower case
 * (ASCII case is the one thing two spellings may differ in, RFC 4343) or an address in the form
 * of RFC 5952 or dotted decimal. Null for every other text.
 */
export function canonicalHost(text: string): Host | null {
  if (isIP(text) !== 0) {
    const address = canonicalAddress(text);
    return address !== null && address === text ? { kind: 'address', text } : null;
  }
  if (text.length > nameCharsMax || !/^[A-Za-z0-9._-]+$/.test(text)) return null;
  const name = text.toLowerCase();
  const labels = name.split('.');
  if (!labels.every((one) => label.test(one))) return null;
  if (numberLike.test(labels.at(-1) ?? '')) return null;
  if (!labels.every(isPlainOrDecodable)) return null;
  return { kind: 'name', text: name };
}

/**
 * An `xn--` label stands for exactly one international label, or nobody knows what it stands for.
 */
function isPlainOrDecodable(one: string): boolean {
  if (!one.startsWith('xn--')) return true;
  const decoded = domainToUnicode(one);
  return decoded !== one && domainToASCII(decoded) === one;
}

/**
 * What is wrong with a host pattern of the user's (`api.example.com`, `*.example.com`,
 * `**.example.com`), or null. One that denies may be as wide as it likes, short of everything.
 */
export function hostPatternError(text: string, use: 'allow' | 'deny' = 'allow'): string | null {
  if (text === '*' || text === '**') {
    return `a bare \`${text}\` would ${use} every host: name the hosts`;
  }
  const stars = /^\*{1,2}\./.exec(text)?.[0] ?? '';
  const base = text.slice(stars.length);
  if (base.includes('*')) {
    return 'a `*` may only stand for the whole first label: `*.example.com`, `**.example.com`';
  }
  const host = canonicalHost(base);
  if (host === null) return `\`${text}\` is not a host name${suggestion(base, stars)}`;
  if (host.text !== base) return `write it in lower case: \`${stars}${host.text}\``;
  if (stars === '') return null;
  if (host.kind === 'address') return 'a `*` cannot stand before an address';
  if (use === 'allow' && isPublicSuffix(base)) {
    return `\`${text}\` would allow names that anyone can register: name the hosts`;
  }
  return null;
}

// A suggestion is only for the author of a rule, who can look at it; requests get none.
function suggestion(base: string, stars: string): string {
  const ascii = domainToASCII(base.replace(/\.$/, ''));
  const host = ascii === '' ? null : canonicalHost(ascii);
  return host === null || host.text === base ? '' : `; did you mean \`${stars}${host.text}\``;
}

/**
 * Names below it belong to strangers: `com`, `co.uk`, `github.io` (publicsuffix.org, both
 * sections).
 */
function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, { allowPrivateDomains: true }) === name;
}
