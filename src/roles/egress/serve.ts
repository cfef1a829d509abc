// The egress proxy: the one service with a way out. It opens tunnels to declared hosts and
// nothing else.

import type { Running } from '../../kit/running.ts';
import type { World } from '../../kit/world.ts';
import { type Dial, dialAddress } from '../../net/dial.ts';
import { FileWatch } from '../../net/file-watch.ts';
import { listen } from '../../net/listen.ts';
import type { OwnListener } from '../../policy/egress.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Role } from '../role.ts';
import { checkedEgressSettings } from './check-settings.ts';
import { type Door, openDoor } from './door.ts';
import { createEgressMetrics } from './egress-metrics.ts';
import type { EgressContext } from './exchange.ts';
import { createLimits } from './limits.ts';
import { type LiveIdentity, openLiveIdentity } from './live-identity.ts';
import { openRules } from './live-rules.ts';
import { OpenTunnels } from './open-tunnels.ts';
import { ownFromServer, ownFromText } from './own-listeners.ts';
import { createResolveHost } from './resolve-host.ts';
import type { EgressSettings } from './settings.ts';

export const egressRole: Role<EgressSettings> = {
  name: 'egress',
  settings: checkedEgressSettings,
  serve: (settings, world, telemetry) => serveEgress(settings, world, telemetry, dialAddress),
};

/**
 * The role with its way of dialling as an argument. Rejects with the system's error when it
 * cannot listen, and with ClincherError `settings-invalid` for a file that cannot be used.
 */
export async function serveEgress(
  settings: EgressSettings,
  world: World,
  telemetry: Telemetry,
  dial: Dial,
): Promise<Running> {
  const own: OwnListener[] = settings.admin.flatMap(ownFromText);
  const metrics = createEgressMetrics(telemetry);
  const watch = new FileWatch();
  const rules = await openRules(settings, own, telemetry, metrics, watch);
  const context: EgressContext = {
    settings,
    rules,
    limits: createLimits(settings.limits, () => world.monotonicMs()),
    tunnels: new OpenTunnels(() => world.monotonicMs()),
    resolveHost: createResolveHost(settings, world),
    world,
    telemetry,
    metrics,
    dial,
  };
  rules.onChange((changed) => {
    const ended = context.tunnels.keepAllowed(changed);
    telemetry.log.info('tunnels-judged-anew', { ended, kept: context.tunnels.size - ended });
  });
  const doors: Door[] = [];
  const identities: LiveIdentity[] = [];
  const close = async () => {
    watch[Symbol.dispose]();
    await Promise.all(doors.map((door) => door.close()));
  };
  try {
    for (const listener of settings.listen) {
      const identity = await openLiveIdentity(listener, telemetry, metrics, watch);
      identities.push(identity);
      const door = openDoor(context, listener, identity);
      doors.push(door);
      await listen(door.server, listener.address);
      own.push(...ownFromServer(door.server));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { health: () => healthOf(context, doors, identities), [Symbol.asyncDispose]: close };
}

function healthOf(
  { telemetry, rules }: EgressContext,
  doors: readonly Door[],
  identities: readonly LiveIdentity[],
) {
  const fault = telemetry.fault();
  const older = rules.fault() ?? identities.map((one) => one.fault()).find((one) => one !== null);
  const detail = fault === null ? (older ?? null) : `the record cannot be written: ${fault}`;
  const ready = fault === null && doors.every((door) => door.server.listening);
  return detail === null ? { ready } : { ready, detail };
}
