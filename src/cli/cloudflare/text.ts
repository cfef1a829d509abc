// Changes at Cloudflare as lines for people.

import { join } from 'node:path';
import pc from 'picocolors';
import type { ShownChange } from '../../cloudflare/model.ts';
import { cloudflareFiles } from './files.ts';
import type { CloudflareWork } from './open-work.ts';
import { tunnelConfigName } from './tunnel-files.ts';
import type { RangesNews } from './work.ts';

export function changeLine({ what, from, to, reach }: ShownChange): string {
  const felt = reach === 'zone' ? pc.yellow('  (the whole zone feels it)') : '';
  if (from === null) return `${pc.green('+')} ${what}: ${to}${felt}`;
  if (to === null) return `${pc.red('-')} ${what}: ${from}${felt}`;
  return `${pc.yellow('~')} ${what}: ${from} -> ${to}${felt}`;
}

export function rangesLines({ ranges, before }: RangesNews): string[] {
  const there = new Set(before?.cidrs ?? []);
  const now = new Set(ranges.cidrs);
  return [
    ...ranges.cidrs.filter((cidr) => !there.has(cidr)).map((cidr) => `${pc.green('+')} ${cidr}`),
    ...[...there].filter((cidr) => !now.has(cidr)).map((cidr) => `${pc.red('-')} ${cidr}`),
  ];
}

/** What is left to the user once all is so at Cloudflare. */
export function nextSteps({ told, stateDir }: CloudflareWork): string[] {
  if ('tunnel' in told.way) {
    const config = join(cloudflareFiles(stateDir).dir, tunnelConfigName);
    return [
      `run the tunnel:  cloudflared tunnel --config ${config} run`,
      'and the stack:   clincher up',
    ];
  }
  return [
    'let nobody else in:            clincher up',
    'and before it, at the kernel:  clincher cloudflare firewall | sudo nft -f -',
  ];
}
