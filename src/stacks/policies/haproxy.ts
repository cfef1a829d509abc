// haproxy.cfg in a proxy's place: what it compares a name with, and what it never looks at.

import type { MountedFile } from '../view.ts';
import { formRule, type HostRule, linesOf, type ProxyPolicy } from './policy.ts';

const compared =
  /^(?:req\.)?(hdr|ssl_fc_sni|ssl_sni|req_ssl_sni)(?:_(beg|dom|end|reg|sub|dir))?(?:\((\w*)[^)]*\))?$/i;
type Way = 'str' | 'end' | 'sub' | 'beg' | 'reg';

export function haproxyPolicy(source: MountedFile): ProxyPolicy {
  const lines = linesOf(source);
  const start = { file: source.file, line: 1, column: 1 };
  const acls = lines.filter(({ words }) => words[0] === 'acl' && compared.test(words[2] ?? ''));
  const find = (form: RegExp) => lines.find(({ said }) => form.test(said));
  const refusal = find(/^(http-request (deny|reject)|tcp-request \w+ reject|block)\b/);
  const admin = find(/^stats socket .*(mode 666|level admin)/) ?? find(/^stats (enable|uri)\b/);
  const header = acls.find(({ words }) => /hdr/i.test(words[2] ?? ''));
  return {
    rules: acls.flatMap(({ words, at }) => rulesOf(words, at)),
    open: refusal === undefined ? start : null,
    anyPort: find(/\b(dst_port|port_only|url_port)\b/) === undefined ? start : null,
    byHeader: header?.at ?? null,
    unverified: find(/\bssl\b.*\bverify none\b|ssl-server-verify none/)?.at ?? null,
    steered: admin === undefined ? null : { at: admin.at, how: admin.said },
  };
}

function rulesOf(words: readonly string[], at: HostRule['at']): HostRule[] {
  const [, , , ...rest] = words;
  const flag = rest.indexOf('-m');
  const way = (compared.exec(words[2] ?? '')?.[2] ?? (flag < 0 ? 'str' : rest[flag + 1])) as Way;
  const values = rest.filter(
    (value, index) => !value.startsWith('-') && (flag < 0 || index !== flag + 1),
  );
  return values.map((pattern): HostRule => {
    if (way === 'reg') return formRule(pattern, at);
    const isSuffix = way === 'end' && pattern.startsWith('.');
    return {
      pattern,
      host: isSuffix ? `**${pattern}` : pattern,
      at,
      matches: matcher(way, pattern),
    };
  });
}

function matcher(way: Way, pattern: string): (host: string) => boolean {
  if (way === 'end') return (host) => host.endsWith(pattern);
  if (way === 'beg') return (host) => host.startsWith(pattern);
  return way === 'str' ? (host) => host === pattern : (host) => host.includes(pattern);
}
