// A Smokescreen ACL as it works there: wildcards of any depth, no ports.

import { LocatedDocument } from '../../kit/located/document.ts';
import { entriesOf, listOf, textOf } from '../values.ts';
import type { MountedFile } from '../view.ts';
import type { HostRule, ProxyPolicy } from './policy.ts';

export function smokescreenPolicy({ text, file }: MountedFile): ProxyPolicy | null {
  const document = new LocatedDocument(text, file, { aliases: true, anyText: true });
  const root = entriesOf(document.value);
  if (!['services', 'default', 'global_allow_list'].some((key) => Object.hasOwn(root, key))) {
    return null;
  }
  const services = listOf(root.services).map((value, index) => ({
    value: entriesOf(value),
    path: ['services', index] as readonly (string | number)[],
  }));
  const all = [...services, { value: entriesOf(root.default), path: ['default'] }];
  const lists = all.map(({ value, path }) => ({
    hosts: listOf(value.allowed_domains),
    path: [...path, 'allowed_domains'],
  }));
  const everywhere = { hosts: listOf(root.global_allow_list), path: ['global_allow_list'] };
  const open = all.find(({ value }) => ['open', 'report'].includes(textOf(value.action)));
  return {
    rules: [...lists, everywhere].flatMap(({ hosts, path }) =>
      hosts.map((host, index) => hostRule(textOf(host), document.placeOf([...path, index]))),
    ),
    open: open === undefined ? null : document.placeOf([...open.path, 'action']),
    anyPort: document.placeOf(['version']),
    ...{ byHeader: null, unverified: null, steered: null },
  };
}

function hostRule(pattern: string, at: HostRule['at']): HostRule {
  const base = pattern.replace(/^\*/, '');
  const isWildcard = base !== pattern;
  const matches = (host: string) => (isWildcard ? host.endsWith(base) : host === pattern);
  return { pattern, host: isWildcard ? `**${base}` : pattern, at, matches };
}
