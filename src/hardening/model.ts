// What hardening a host is made of: items, what each found, and changes that can be taken back.
// The root folder and the runner are arguments, so that a test has a host of its own.

import type { Severity } from '../kit/finding.ts';
import type { Place } from '../kit/place.ts';
import type { runCommand } from '../kit/run-command.ts';

export interface HostWorld {
  /** `/`, or a tree of a test's own. */
  readonly root: string;
  readonly run: typeof runCommand;
  /** Who asks: the one who must still be able to log in afterwards. */
  readonly user: string;
}

export interface HostWishes {
  /** TCP ports that stay open beside those of sshd. */
  readonly openPorts: readonly number[];
  /** Where Cloudflare stands in front: nobody but these comes to the ingress's port. */
  readonly front: { readonly port: number; readonly ranges: readonly string[] } | null;
}

export interface HostItem {
  /** Stable, kebab-case; the `id` of its finding. */
  readonly id: string;
  readonly invariant: string;
  readonly because: string;
  look(world: HostWorld, wishes: HostWishes): Promise<Look>;
}

/** No fault: fine. A fault without changes is for a person to mend: `fix` says how. */
export interface Look {
  readonly fault: HostFault | null;
  /** In the order they are made; taken back in reverse. */
  readonly changes: readonly Change[];
  /** What a person should know before it is done. */
  readonly notes?: readonly string[];
}

export interface HostFault {
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string;
  readonly at: Place;
}

export type Change =
  /** Replaced whole; what was there is kept. `path` as the host names it. */
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'package'; readonly name: string }
  /** `undoes` alone: nothing to do on the way there, something on the way back. */
  | { readonly kind: 'run'; readonly does: Argv | null; readonly undoes: Argv | null };

export type Argv = readonly string[];

/** What `sshd -T` says holds: values by setting in lower case. */
export type SshdSettings = ReadonlyMap<string, readonly string[]>;

export const fine: Look = { fault: null, changes: [] };

/** A fault that is not ours to mend. */
export function unmended(fault: HostFault): Look {
  return { fault, changes: [] };
}
