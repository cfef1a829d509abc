// The policy of a proxy in a found stack: which of its files it is, told by name and by what stands
// in it.

import type { FoundService } from '../model.ts';
import type { MountedFile, StackView } from '../view.ts';
import { haproxyPolicy } from './haproxy.ts';
import type { InsideFile, ProxyPolicy } from './policy.ts';
import { smokescreenPolicy } from './smokescreen.ts';
import { squidPolicy } from './squid.ts';
import { tinyproxyPolicy } from './tinyproxy.ts';

type Read = (file: MountedFile, inside: InsideFile) => ProxyPolicy | null;

const kinds: readonly (readonly [RegExp, Read])[] = [
  [/squid[^/]*\.conf$/, squidPolicy],
  [/haproxy[^/]*\.cfg$/, haproxyPolicy],
  [/tinyproxy[^/]*\.conf$/, tinyproxyPolicy],
  [/\.ya?ml$/, smokescreenPolicy],
];

/** Null where none of its files is one that is known. */
export function proxyPolicy(service: FoundService, view: StackView): ProxyPolicy | null {
  const files = view.filesOf(service);
  const inside: InsideFile = (path) => files.find(({ target }) => target === path) ?? null;
  for (const file of files) {
    const read = kinds.find(([form]) => form.test(file.target) || form.test(file.file))?.[1];
    const policy = read?.(file, inside) ?? null;
    if (policy !== null) return policy;
  }
  return null;
}
