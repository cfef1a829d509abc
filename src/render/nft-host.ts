// nftables rules that let new connections to this host's declared ports alone, in a table of our
// own.

import { nftRemoval } from './nft-front.ts';

export const hostTable = 'inet clincher_host';

/** Safe to load where nothing is there; with the rules for what stands in front, those too. */
export function nftHostRemoval(withFront: boolean): string {
  const removal = `table ${hostTable} {}\ndelete table ${hostTable}`;
  return withFront ? `${nftRemoval}\n${removal}` : removal;
}

/**
 * After connections are known and before Docker rewrites destinations, so that what is open already
 * stays, and a port that Docker publishes is one of the host's like any other. Traffic that only
 * passes through is not the host's.
 */
export function nftHostRules(tcpPorts: readonly number[]): string {
  const open = tcpPorts.length === 0 ? [] : [`    tcp dport { ${tcpPorts.join(', ')} } accept`];
  return [
    nftHostRemoval(false),
    `table ${hostTable} {`,
    '  chain before {',
    '    type filter hook prerouting priority mangle; policy accept;',
    '    iif lo accept',
    '    ct state established,related accept',
    '    fib daddr type != local accept',
    '    ct state invalid counter drop',
    // Path MTU, neighbours, and who pings.
    '    meta l4proto { icmp, ipv6-icmp } limit rate 100/second burst 200 packets accept',
    // Answers to a DHCP client come to an address it has asked for.
    '    udp sport { 67, 547 } udp dport { 68, 546 } accept',
    ...open,
    '    counter drop',
    '  }',
    '}',
  ].join('\n');
}
