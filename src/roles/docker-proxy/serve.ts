// The Docker API proxy: what an agent needs of the daemon for its sandboxes, and nothing else.

import { listen } from '../../net/listen.ts';
import { policyOf } from '../../policy/docker/caller.ts';

import type { Role } from '../role.ts';
import { checkedDockerProxySettings } from './check-settings.ts';
import { createAskIdentity } from './daemon-identity.ts';
import { DaemonPool } from './daemon-pool.ts';
import { createDockerMetrics } from './docker-metrics.ts';
import { type Door, openDoor } from './door.ts';
import { type CallerState, type DockerContext, oneAtATime } from './exchange.ts';
import { Execs } from './execs.ts';
import { KnownInspects } from './known-inspects.ts';
import { createCallerLimits } from './limits.ts';
import type { DockerProxySettings } from './settings.ts';

export const dockerProxyRole: Role<DockerProxySettings> = {
  name: 'docker-proxy',
  settings: checkedDockerProxySettings,
  async serve(settings, world, telemetry) {
    const { dialTimeoutMs, answerTimeoutMs } = settings.limits;
    const pool = new DaemonPool(settings.docker, dialTimeoutMs, createAskIdentity(answerTimeoutMs));
    const metrics = createDockerMetrics(telemetry);
    const context: DockerContext = { settings, world, telemetry, metrics, pool };
    const states = new Map<string, CallerState>();
    const doors: Door[] = [];
    const close = async () => {
      await Promise.all(doors.map((door) => door.close()));
      pool.close();
    };
    try {
      for (const { address, caller } of settings.listen) {
        const state = states.get(caller) ?? callerState(context, caller);
        states.set(caller, state);
        const door = openDoor(context, state);
        doors.push(door);
        await listen(door.server, address);
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { health: () => healthOf(context, doors), [Symbol.asyncDispose]: close };
  },
};

function callerState({ settings, world }: DockerContext, caller: string): CallerState {
  return {
    caller,
    policy: policyOf(settings, caller),
    limits: createCallerLimits(settings.limits, () => world.monotonicMs()),
    execs: new Execs(settings.limits.execsMax),
    lookedAt: new Map(),
    inspects: new KnownInspects(),
    labelledImages: new Map(),
    oneCreate: oneAtATime(),
  };
}

/** It is there to refuse also while the daemon is away: what depends on it says so itself. */
function healthOf({ telemetry, pool }: DockerContext, doors: readonly Door[]) {
  const fault = telemetry.fault();
  const ready = fault === null && doors.every((door) => door.server.listening);
  const daemon = pool.fault();
  if (fault !== null) return { ready, detail: `the record cannot be written: ${fault}` };
  return daemon === null ? { ready } : { ready, detail: `the Docker daemon: ${daemon}` };
}
