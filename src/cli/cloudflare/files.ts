// What is kept of Cloudflare in the state directory: its addresses as they were last fetched, and
// what the program of a tunnel reads.

import { join } from 'node:path';
import { type Ranges, rangesSchema } from '../../cloudflare/ranges.ts';
import { Secret } from '../../kit/secret.ts';
import { type SecretStore, secretStore } from '../secrets/store.ts';

const rangesName = 'ranges.json';

export function cloudflareFiles(stateDir: string): SecretStore {
  return secretStore(join(stateDir, 'cloudflare'));
}

/** As CIDR; none where none were fetched, or what is there is not a list that can be believed. */
export async function rangesIn(stateDir: string): Promise<readonly string[]> {
  return (await readRangesFile(stateDir))?.cidrs ?? [];
}

export async function readRangesFile(stateDir: string): Promise<Ranges | null> {
  try {
    const text = (await cloudflareFiles(stateDir).read(rangesName))?.reveal() ?? '';
    return rangesSchema.parse(JSON.parse(text));
  } catch {
    // What is wrong with the state directory itself is for who works on it to say.
    return null;
  }
}

export async function writeRangesFile(stateDir: string, ranges: Ranges): Promise<void> {
  const text = `${JSON.stringify(ranges, null, 2)}\n`;
  await cloudflareFiles(stateDir).write(rangesName, new Secret(text));
}
