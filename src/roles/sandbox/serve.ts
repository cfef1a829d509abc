// The SSH sandbox: the agent's tools run here, each command in a jail of its own without a network,
// and the door is an SSH server that can do nothing else.

import { createServer, type Server } from 'node:net';
import { listen } from '../../net/listen.ts';
import type { Role } from '../role.ts';
import { serveConnection } from './connection.ts';
import { createSandboxMetrics, type House, Load } from './house.ts';
import { readKeys } from './keys.ts';
import { type SandboxSettings, sandboxSettings } from './settings.ts';
import { openStorage } from './storage.ts';

export const sandboxRole: Role<SandboxSettings> = {
  name: 'sandbox',
  settings: sandboxSettings,
  async serve(settings, world, telemetry) {
    const keys = await readKeys(settings);
    const load = new Load();
    const metrics = createSandboxMetrics(telemetry, load);
    const storage = openStorage(settings, world, (scope, { bytes }) =>
      metrics.storage.set({ scope }, bytes),
    );
    const house: House = { settings, keys, world, telemetry, load, storage, metrics };
    const servers: Server[] = [];
    const sockets = new Set<{ destroy(): void }>();
    const watch = watchStorage(house);
    const close = async () => {
      watch[Symbol.dispose]();
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    };
    try {
      for (const { address, caller } of settings.listen) {
        const server = createServer((socket) => {
          sockets.add(socket);
          socket.once('close', () => sockets.delete(socket));
          serveConnection(house, caller, socket);
        });
        servers.push(server);
        await listen(server, address);
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { health: () => ({ ready: true }), [Symbol.asyncDispose]: close };
  },
};

/** One measuring after the other, however long each takes. */
function watchStorage(house: House): Disposable {
  const { storageEveryMs } = house.settings.limits;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (isOver) return;
    timer = setTimeout(() => void endWhatIsFull(house).finally(look), storageEveryMs);
  };
  look();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

/** A scope is measured while its commands run: one of them may fill the disk within minutes. */
async function endWhatIsFull({ load, storage, telemetry }: House): Promise<void> {
  for (const scope of load.scopes()) {
    try {
      storage.forget(scope);
      if (await storage.isFull(scope)) load.endAll(scope);
    } catch (error) {
      telemetry.log.warn('storage-unknown', { scope, why: String(error) });
    }
  }
}
