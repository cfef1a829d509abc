// `clincher cloudflare`: what is there, the changes, and Cloudflare's own addresses.

import { applyChanges } from '../../cloudflare/apply.ts';
import type { Change, ShownChange } from '../../cloudflare/model.ts';
import { observe } from '../../cloudflare/observe.ts';
import { planChanges } from '../../cloudflare/plan.ts';
import { type Ranges, readRanges } from '../../cloudflare/ranges.ts';
import { readRangesFile, writeRangesFile } from './files.ts';
import type { CloudflareWork } from './open-work.ts';
import { certificateChange, orderCertificate } from './origin-certificate.ts';
import { writeTunnelFiles } from './tunnel-files.ts';

function shown({ what, from, to, reach }: Change): ShownChange {
  return { what, from, to, reach };
}

export async function planWork(work: CloudflareWork): Promise<readonly ShownChange[]> {
  const certificate = await certificateChange(work);
  const changes = planChanges(work.wanted, await observe(work.api, work.wanted)).map(shown);
  return certificate === null ? changes : [certificate, ...changes];
}

/** `done` is told of each change once it is made. */
export async function applyWork(
  work: CloudflareWork,
  done: (change: ShownChange) => void,
): Promise<void> {
  const { api, wanted, told } = work;
  const observed = await observe(api, wanted);
  const changes = planChanges(wanted, observed);
  const certificate = await certificateChange(work);
  if (certificate !== null) {
    // First: strict TLS, which comes with the rest, asks for it.
    await orderCertificate(work);
    done(certificate);
  }
  await applyChanges(api, changes, (change) => done(shown(change)));
  if ('tunnel' in told.way) {
    await writeTunnelFiles(work, await observe(api, wanted), observed.tunnel === null);
  }
}

export interface RangesNews {
  readonly ranges: Ranges;
  /** What was in use; null for none. */
  readonly before: Ranges | null;
}

/** Reads the list, and keeps it unless `look` says only to look. */
export async function fetchRanges(
  { api, stateDir }: Pick<CloudflareWork, 'api' | 'stateDir'>,
  look: boolean,
): Promise<RangesNews> {
  const ranges = await readRanges(api);
  const before = await readRangesFile(stateDir);
  if (!look) await writeRangesFile(stateDir, ranges);
  return { ranges, before };
}

export function rangesDiffer({ ranges, before }: RangesNews): boolean {
  return [...ranges.cidrs].sort().join() !== [...(before?.cidrs ?? [])].sort().join();
}
