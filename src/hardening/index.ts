// The list of what a host is hardened in. Adding one is a file and a line here.

import type { Finding } from '../kit/finding.ts';
import { clock } from './clock.ts';
import { fail2ban } from './fail2ban.ts';
import { firewall } from './firewall.ts';
import { kernel } from './kernel.ts';
import type { HostItem, HostWishes, HostWorld, Look } from './model.ts';
import { sshKeysOnly } from './sshd.ts';
import { updates } from './updates.ts';

export const hostItems: readonly HostItem[] = [
  kernel,
  clock,
  updates,
  firewall,
  sshKeysOnly,
  fail2ban,
];

export interface LookedAt extends Look {
  readonly item: HostItem;
  readonly finding: Finding | null;
}

/** One after the other: each only looks. */
export async function lookAtHost(
  world: HostWorld,
  wishes: HostWishes,
  items: readonly HostItem[] = hostItems,
): Promise<readonly LookedAt[]> {
  const looked: LookedAt[] = [];
  for (const item of items) {
    const look = await item.look(world, wishes);
    const finding =
      look.fault === null ? null : { id: item.id, about: item.id.slice(5), ...look.fault };
    looked.push({ item, ...look, finding });
  }
  return looked;
}
