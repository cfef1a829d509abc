// Addresses that are not public and may be dialled nevertheless: few, and never a cloud's metadata
// service.

import { blockHolds } from '../policy/address-class.ts';
import { addressRanges } from '../policy/address-ranges.ts';
import { allowedAddressError, parseAllowedBlock } from '../policy/egress-allow.ts';
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

const metadata = addressRanges.filter((range) => range.class === 'metadata');

/** Wider than this it is no longer a box of the user's own. */
const prefixBitsMin = { 4: 24, 16: 64 } as const;

/** Null for a single address or a narrow range that may be dialled. */
export function judgeRange(
  text: string,
): { readonly severity: 'fatal' | 'warning'; readonly what: string } | null {
  const allowed = parseAllowedBlock(text);
  if (allowed === null) return { severity: 'fatal', what: 'neither an address nor a range' };
  const { block } = allowed;
  const held = metadata.find(({ cidr }) => blockHolds(block, cidr.slice(0, cidr.indexOf('/'))));
  if (held !== undefined) {
    return { severity: 'fatal', what: `that holds a cloud's metadata service (${held.source})` };
  }
  // egress itself refuses what is wider still.
  if (allowedAddressError(text) !== null) return { severity: 'fatal', what: 'too wide a range' };
  const least = block.bytes.length === 4 ? prefixBitsMin[4] : prefixBitsMin[16];
  if (block.prefixBits >= least) return null;
  return { severity: 'warning', what: 'a range that wide holds many machines' };
}
