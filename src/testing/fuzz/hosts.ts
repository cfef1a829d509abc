// Fuzz target: the one spelling of a host. What is accepted is the input but for the case of its
// letters, stays what it is, and is read the same by the URL standard.

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { canonicalHost, type Host, hostPatternError } from '../../policy/host.ts';
import { hostPatterns } from '../../policy/host-pattern.ts';
import type { FuzzTarget } from './run.ts';
import { hostSeeds, tokensOf } from './texts.ts';

/** With the reader as an argument, so that a broken one can be shown to be found. */
export function hostTarget(name: string, read: (text: string) => Host | null): FuzzTarget {
  return {
    name,
    weight: 10,
    seeds: hostSeeds,
    tokens: tokensOf(
      '. .. - -- _ xn-- xn--a 0x 0177 127 1 256 : :: ffff [ ] % %2e %00 * *. **. @ / \\ # ? com ' +
        'localhost \x00 \xc3\xa9 \xe3\x80\x82 \xff A Z',
    ),
    check(input) {
      const text = input.toString('utf8');
      const error = hostPatternError(text);
      assert.ok(error === null || error.length > 0);
      const host = read(text);
      if (host === null) return 'refused';
      assert.equal(host.text, text.toLowerCase(), 'repaired');
      assert.deepEqual(read(host.text), host, 'not its own canonical form');
      if (host.kind === 'address') assert.notEqual(isIP(host.text), 0);
      else assertName(host.text);
      const own = hostPatterns([host.text, 'allowed.example', '*.allowed.example']).find(host);
      assert.equal(own, host.text);
      return host.kind;
    },
  };
}

export const canonicalHostTarget = hostTarget('host', canonicalHost);

function assertName(name: string): void {
  assert.match(name, /^[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?$/);
  assert.ok(
    name.length <= 253 && name.split('.').every((one) => one.length >= 1 && one.length <= 63),
  );
  assert.equal(isIP(name), 0);
  // The other reader: what it takes for an address, or writes differently, must not be a name here.
  assert.equal(new URL(`https://${name}/`).hostname, name);
}
