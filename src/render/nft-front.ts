// nftables rules that let only what stands in front reach the ingress's port from outside.

const table = 'inet clincher_front';

/** Safe to load where nothing is there. */
export const nftRemoval = `table ${table} {}\ndelete table ${table}`;

/**
 * Before the kernel rewrites destinations, so that they hold for ports that Docker publishes too:
 * its own rules accept those before the usual chains are asked. `ranges` is CIDR notation.
 */
export function nftRules(port: number, ranges: readonly string[]): string {
  const isSix = (range: string) => range.includes(':');
  const four = ranges.filter((range) => !isSix(range));
  const six = ranges.filter(isSix);
  const set = (name: string, type: string, elements: readonly string[]) => [
    `  set ${name} {`,
    `    type ${type}`,
    '    flags interval',
    ...(elements.length === 0 ? [] : [`    elements = { ${elements.join(', ')} }`]),
    '  }',
  ];
  return [
    nftRemoval,
    `table ${table} {`,
    ...set('front4', 'ipv4_addr', four),
    ...set('front6', 'ipv6_addr', six),
    '  chain before {',
    '    type filter hook prerouting priority raw; policy accept;',
    '    iif lo accept',
    `    tcp dport ${port} ip saddr @front4 accept`,
    `    tcp dport ${port} ip6 saddr @front6 accept`,
    `    tcp dport ${port} counter drop`,
    `    udp dport ${port} counter drop`,
    '  }',
    '}',
  ].join('\n');
}
