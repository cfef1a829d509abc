// The host's own firewall before the ingress, as rules for nft: whoever is root reads and loads
// them. Loaded again they replace themselves in one transaction.

import { ClincherError } from '../../kit/error.ts';
import { nftRemoval, nftRules } from '../../render/nft-front.ts';
import type { StackFlags } from '../flags.ts';
import { declareStack } from '../stack.ts';

/** @throws ClincherError `cloudflare-unset` where there is nothing to keep out */
export async function firewallOf(
  flags: StackFlags & { readonly remove?: boolean },
): Promise<string> {
  if (flags.remove === true) return nftRemoval;
  const { options } = await declareStack(flags);
  const { listen, cloudflare } = options.ingress;
  if (cloudflare === null || 'tunnel' in cloudflare.way) {
    throw new ClincherError('cloudflare-unset', 'no port is open to Cloudflare', {
      fix: 'The rules are for ingress.cloudflare.addresses; a tunnel needs no open port.',
    });
  }
  if (cloudflare.ranges.length === 0) {
    throw new ClincherError('cloudflare-unset', "Cloudflare's addresses are not known yet", {
      fix: 'Fetch them: clincher cloudflare ranges',
    });
  }
  return nftRules(listen.port, cloudflare.ranges);
}
