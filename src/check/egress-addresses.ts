// Addresses that are not public and may be dialled nevertheless: few, and never a cloud's metadata service.

import ipaddr from 'ipaddr.js';
import type { Check } from './check.ts';

export const egressAddresses: Check = {
  id: 'egress-addresses',
  invariant:
    "No range that egress may dial beyond the public addresses holds a cloud's metadata service.",
  because: 'The metadata service gives credentials of the whole machine to whoever asks.',
  *find({ topology }) {
    for (const { name, run, at } of topology.services) {
      if (run.role !== 'egress') continue;
      for (const text of run.rules.unsafeAllowAddresses) {
        const judged = judgeRange(text);
        if (judged === null) continue;
        const { severity, what } = judged;
        yield {
          severity,
          about: name,
          message: `unsafeAllowAddresses has ${text}: ${what}`,
          fix: 'Name the one address, with its port, that is meant.',
          at,
        };
      }
    }
  },
};

/** AWS, GCP, Azure and most others; AWS over IPv6; Alibaba; Azure's wire server; Oracle. */
const metadataAddresses = [
  '169.254.169.254',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
].map((text) => ipaddr.parse(text));

/** Wider than this it is no longer a box of the user's own. */
const prefixMin = { ipv4: 24, ipv6: 64 } as const;

/** Null for a single address or a narrow range. */
export function judgeRange(
  text: string,
): { readonly severity: 'fatal' | 'warning'; readonly what: string } | null {
  const range = parseRange(text);
  if (range === null) return { severity: 'fatal', what: 'neither an address nor a range' };
  const [base, prefix] = range;
  const metadata = metadataAddresses.find(
    (address) => address.kind() === base.kind() && address.match(base, prefix),
  );
  if (metadata !== undefined) {
    return { severity: 'fatal', what: `that holds ${metadata}, a cloud's metadata service` };
  }
  if (prefix >= prefixMin[base.kind()]) return null;
  return { severity: 'warning', what: 'a range that wide holds many machines' };
}

/** `10.0.0.5`, `10.0.0.0/24`, `10.0.0.5:8000`, `[fd00::5]:8000`, `fd00::/64`. */
function parseRange(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  const bracketed = /^\[([^\]]+)\](\/[0-9]+)?(?::[0-9]+)?$/.exec(text);
  const v4 = /^([0-9.]+)(\/[0-9]+)?(?::[0-9]+)?$/.exec(text);
  const match = bracketed ?? v4 ?? /^([0-9a-f:.]+)(\/[0-9]+)?$/i.exec(text);
  if (match === null || !ipaddr.isValid(match[1] ?? '')) return null;
  const base = ipaddr.process(match[1] ?? '');
  const bits = base.kind() === 'ipv4' ? 32 : 128;
  const prefix = match[2] === undefined ? bits : Number(match[2].slice(1));
  return prefix <= bits ? [base, prefix] : null;
}
