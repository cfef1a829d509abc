// The first part of `up`: the declaration, its check, and the secrets that clincher makes.

import { ClincherError } from '../../kit/error.ts';
import { systemWorld } from '../../kit/world.ts';
import { restorePublic } from '../acme/restore.ts';
import { findingText, hasFatal } from '../findings.ts';
import { configFileOf, defaultConfig, type StackFlags } from '../flags.ts';
import type { Progress } from '../progress.ts';
import { generateSecrets, type MakeCertificates, madeElsewhere } from '../secrets/generate.ts';
import { makeMonitorPairs } from '../secrets/monitor-pairs.ts';
import { generatedStore } from '../secrets/stores.ts';
import { type DeclaredStack, declareStack } from '../stack.ts';
import { writeStarter } from '../starter.ts';

/** @throws ClincherError `config-*`, `check-failed` with every fatal finding */
export async function declareAndCheck(
  flags: StackFlags,
  progress: Progress,
): Promise<DeclaredStack> {
  // A file that was named and is not there is a mistake; without one, here is one to start from.
  if (flags.config === defaultConfig && (await writeStarter(configFileOf(flags)))) {
    progress.note(`wrote ${flags.config}, to start from`);
  }
  const declared = await declareStack(flags);
  const { topology, findings } = declared;
  if (hasFatal(findings)) {
    const fatal = findings.filter(({ severity }) => severity === 'fatal');
    throw new ClincherError(
      'check-failed',
      `what ${flags.config} declares is not safe:\n${fatal.flatMap(findingText).join('\n')}`,
      { fix: 'Nothing was started. clincher check lists everything.' },
    );
  }
  for (const finding of findings) for (const line of findingText(finding)) progress.note(line);
  const { services, edges } = topology;
  await progress.phase('checked', async () => {
    return `${services.length} services, ${edges.length} edges, safe`;
  });
  return declared;
}

/**
 * What is made once is made at once; a certificate also when it is about to expire. Resolves to the
 * names of what it made.
 */
export async function makeSecrets(
  { options, topology }: DeclaredStack,
  stateDir: string,
): Promise<readonly string[]> {
  const store = generatedStore(stateDir);
  const host = hostIn(options.ingress.origin);
  const restored = await restorePublic(options, host, stateDir, store);
  if ((await store.read(madeElsewhere)) !== null) return restored;
  const world = systemWorld();
  const server = { host, foreign: options.ingress.tls !== 'local' };
  const generated = await generateSecrets(topology.secrets, server, store, world, certificates);
  const made = [...restored, ...generated];
  const { monitoring } = topology;
  if (monitoring === undefined) return made;
  const target = hostIn(`https://${monitoring.target}`);
  return [...made, ...(await makeMonitorPairs(store, target, world.now(), certificates))];
}

/** Without the brackets of an IPv6 address. */
export function hostIn(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

/** Its library takes a tenth of a second to load, and is needed once. */
export const certificates: MakeCertificates = {
  server: async (hosts, now) =>
    (await import('../certificate.ts')).makeLocalCertificate(hosts, now),
  client: async (name, now) => (await import('../certificate.ts')).makeClientCertificate(name, now),
};
