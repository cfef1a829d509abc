// The egress proxy: the one service with a way out. It opens tunnels to declared hosts and
// nothing else.

import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as timer } from 'node:timers/promises';
import type { Listener } from '../../kit/address.ts';
import { assert } from '../../kit/assert.ts';
import { limits } from '../../kit/limits.ts';
import type { Running } from '../../kit/running.ts';
import type { World } from '../../kit/world.ts';
import { type Dial, dialAddress } from '../../net/dial.ts';
import { listen } from '../../net/listen.ts';
import { egressPolicy, type OwnListener } from '../../policy/egress.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Role } from '../role.ts';
import { checkedEgressSettings } from './check-settings.ts';
import { createEgressMetrics } from './egress-metrics.ts';
import type { EgressContext } from './exchange.ts';
import { handleConnection, refuseOverLimit } from './handle.ts';
import { ownFromServer, ownFromText } from './own-listeners.ts';
import type { EgressSettings } from './settings.ts';

export const egressRole: Role<EgressSettings> = {
  name: 'egress',
  settings: checkedEgressSettings,
  serve: (settings, world, telemetry) => serveEgress(settings, world, telemetry, dialAddress),
};

/**
 * The role with its way of dialling as an argument. Rejects with the system's error when it
 * cannot listen.
 */
export async function serveEgress(
  settings: EgressSettings,
  world: World,
  telemetry: Telemetry,
  dial: Dial,
): Promise<Running> {
  const own: OwnListener[] = settings.admin.flatMap(ownFromText);
  const policy = egressPolicy(settings.rules, settings.unsafeAllowAddresses, own);
  const metrics = createEgressMetrics(telemetry);
  const context = { settings, policy, world, telemetry, metrics, dial };
  const doors: Door[] = [];
  const close = async () => {
    await Promise.all(doors.map((door) => door.close()));
  };
  try {
    for (const listener of settings.listen) {
      assert('caller' in listener, 'no other way to tell callers apart is built yet');
      const door = openDoor(context, listener);
      doors.push(door);
      await listen(door.server, listener.address);
      own.push(...ownFromServer(door.server));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    health: () => ({ ready: doors.every((door) => door.server.listening) }),
    [Symbol.asyncDispose]: close,
  };
}

/** A listener made for one caller, with the tunnels that came through it. */
interface Door {
  readonly server: Server;
  close(): Promise<void>;
}

/**
 * Connections over the limit that are being answered; beyond them the kernel's accept is closed
 * at once.
 */
const refusalsMax = 64;

function openDoor(context: EgressContext, { caller }: Listener): Door {
  const { metrics, telemetry } = context;
  const { tunnelsMax } = context.settings.limits;
  const handled = new Map<Socket, Promise<void>>();
  let tunnels = 0;
  const onClient = async (client: Socket) => {
    if (tunnels >= tunnelsMax) return refuseOverLimit(context, caller, client);
    tunnels += 1;
    metrics.opened(caller);
    try {
      await handleConnection(context, caller, client);
    } finally {
      tunnels -= 1;
      metrics.closed(caller);
    }
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => {}); // Its close is what everything acts on.
    const done = onClient(client).finally(() => handled.delete(client));
    handled.set(client, done);
  });
  server.maxConnections = tunnelsMax + refusalsMax;
  server.on('drop', () => metrics.dropped(caller));
  server.on('error', (error) => telemetry.log.error('listener-failed', { error: error.message }));
  return {
    server,
    async close() {
      if (server.listening) server.close();
      for (const client of handled.keys()) client.destroy();
      // A lookup or a dial under way cannot be called back; it ends into a destroyed client.
      const grace = timer(limits.shutdownGraceMs, undefined, { ref: false });
      await Promise.race([Promise.all(handled.values()), grace]);
    },
  };
}
