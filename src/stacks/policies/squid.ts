// squid.conf: lists of domains and patterns, and the order in which they allow and deny.

import type { MountedFile } from '../view.ts';
import { formRule, type HostRule, type InsideFile, linesOf, type ProxyPolicy } from './policy.ts';

const ofHosts = ['dstdomain', 'dstdom_regex', 'ssl::server_name', 'ssl::server_name_regex'];

export function squidPolicy(source: MountedFile, inside: InsideFile): ProxyPolicy {
  const lines = linesOf(source);
  const start = { file: source.file, line: 1, column: 1 };
  const acls = lines.filter(({ words }) => words[0] === 'acl');
  const access = lines.filter(({ words }) => words[0] === 'http_access');
  const namesOf = (kinds: readonly string[]) =>
    new Set(acls.flatMap(({ words }) => (kinds.includes(words[2] ?? '') ? [words[1] ?? ''] : [])));
  const hosts = namesOf([...ofHosts, 'dst']);
  const ports = namesOf(['port']);
  const allows = access.filter(({ words }) => words[1] === 'allow');
  const used = new Set(allows.flatMap(({ words }) => words.slice(2)));
  const open = allows.find(
    ({ words }) => !words.slice(2).some((name) => hosts.has(name) || isOfOneself(name)),
  );
  const isBounded = access.some(({ words }) =>
    words.slice(2).some((name) => ports.has(name.replace(/^!/, ''))),
  );
  return {
    rules: acls
      .filter(({ words }) => used.has(words[1] ?? ''))
      .flatMap(({ words, at }) => rulesOf(words, at, inside)),
    open: open?.at ?? (access.length === 0 ? start : null),
    anyPort: isBounded ? null : (access[0]?.at ?? start),
    ...{ byHeader: null, steered: null },
    unverified:
      lines.find(({ said }) => /DONT_VERIFY_PEER|sslproxy_cert_error\s+allow/.test(said))?.at ??
      null,
  };
}

/** Rules about Squid's own pages. */
function isOfOneself(name: string): boolean {
  return name === 'localhost' || name === 'manager' || name === 'to_localhost';
}

function rulesOf(words: readonly string[], at: HostRule['at'], inside: InsideFile): HostRule[] {
  const [, , kind = '', ...values] = words;
  if (!ofHosts.includes(kind)) return [];
  const named = values.filter((value) => !value.startsWith('-'));
  return named.flatMap((value) => {
    const [, path] = /^"(.*)"$/.exec(value) ?? [];
    const found = path === undefined ? null : inside(path);
    if (path === undefined) return [ruleOf(kind, value, at)];
    return found === null ? [] : linesOf(found).map((line) => ruleOf(kind, line.said, line.at));
  });
}

function ruleOf(kind: string, pattern: string, at: HostRule['at']): HostRule {
  if (kind.endsWith('_regex')) return formRule(pattern, at);
  const base = pattern.replace(/^\./, '');
  // A dot at the beginning is the name itself, too.
  if (base === pattern) return { pattern, host: pattern, at, matches: (host) => host === pattern };
  const matches = (host: string) => host === base || host.endsWith(pattern);
  return { pattern, host: `**${pattern}`, at, matches };
}
