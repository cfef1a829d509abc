// A stack of containers for the tests of a file: canaries outside, its daemon and its services come
// up before them, and are gone after.

import { after, before } from 'node:test';
import type { StackOptions } from '../topology/options.ts';
import { openOutside } from './canary-outside.ts';
import type { DockerDaemon } from './docker-daemon.ts';
import { openDockerPlace } from './docker-world.ts';
import { bringUpVerified, type VerifiedStack } from './verified-stack.ts';

/** `bring`: what the daemon has to have first. */
export function openVerifiedContainers(
  isolation: 'sealed' | 'segmented' | 'reference',
  options: Partial<StackOptions> = {},
  bring: (daemon: DockerDaemon) => Promise<void> = async () => {},
) {
  let stack: VerifiedStack;
  let daemon: DockerDaemon;
  const opened = new AsyncDisposableStack();
  before(async () => {
    opened.use(await openOutside());
    stack = await bringUpVerified(async (secrets) => {
      const ingress = options.ingress?.program?.name;
      const place = await openDockerPlace(isolation, secrets, { ingress });
      daemon = place.daemon;
      await bring(daemon);
      return { ...place, options: { ...place.options, ...options } };
    });
    opened.use(stack);
  });
  after(() => opened.disposeAsync());
  return { stack: () => stack, daemon: () => daemon };
}
