// The model proxy: it holds the providers' keys and the budget; the agent holds a virtual key and
// asks here.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '../../kit/limits.ts';
import type { Running } from '../../kit/running.ts';
import type { World } from '../../kit/world.ts';
import { answerFaults, recordFaults } from '../../net/http-server.ts';
import { listen } from '../../net/listen.ts';
import { createServer } from '../../net/node-http.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Role } from '../role.ts';
import { answerRequest } from './exchange.ts';
import { healthOf } from './health.ts';
import { openHouse } from './house.ts';
import type { PriceList } from './routing/route-book.ts';
import { type LlmSettings, llmSettings } from './settings.ts';
import { joinOthers } from './shared/join-others.ts';

export const llmRole: Role<LlmSettings> = { name: 'llm', settings: llmSettings, serve };

/** Resolves when every listener listens; rejects with the system's error and nothing left open. */
async function serve(settings: LlmSettings, world: World, telemetry: Telemetry): Promise<Running> {
  const house = openHouse(settings, world, telemetry, await priceList(settings));
  const servers: Server[] = [];
  let others: AsyncDisposable | null = null;
  let caching: AsyncDisposable | null = null;
  const working = new Set<Promise<void>>();
  const close = async () => {
    const closed = servers.map((server) => new Promise((done) => server.close(done)));
    for (const abort of house.open) abort.abort();
    await Promise.race([Promise.all(working), timer(limits.shutdownGraceMs)]);
    for (const server of servers) server.closeAllConnections();
    await Promise.all(closed);
    await caching?.[Symbol.asyncDispose]();
    await others?.[Symbol.asyncDispose]();
    house[Symbol.dispose]();
  };
  try {
    others = await joinOthers(house);
    if (settings.cache !== null) {
      const { openCache } = await import('./cache/open-cache.ts');
      caching = await openCache(house);
    }
    for (const { address, caller } of settings.listen) {
      const server = openServer(settings, (request, response) => {
        const work = answerRequest(house, caller, request, response);
        working.add(work);
        void work.then(() => working.delete(work));
      });
      answerFaults(server, recordFaults(world, telemetry, caller), answering(server));
      server.on('drop', () => house.meter.dropped(caller));
      servers.push(server);
      await listen(server, address);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { health: () => healthOf(house), [Symbol.asyncDispose]: close };
}

function openServer(
  { limits: { headerBytesMax, requestsMax, firstByteTimeoutMs } }: LlmSettings,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: limits.headerTimeoutMs,
      // Node looks every half a minute otherwise: so long a slow client would keep its place.
      connectionsCheckingInterval: 1_000,
      // A body that trickles in holds memory: it has as long as an answer has.
      requestTimeout: Math.max(firstByteTimeoutMs, limits.headerTimeoutMs),
      requireHostHeader: true,
    },
    handler,
  );
  server.maxConnections = requestsMax * 2;
  return server;
}

function answering(server: Server): WeakSet<Duplex> {
  const open = new WeakSet<Duplex>();
  server.on('request', ({ socket }, response) => {
    open.add(socket);
    response.once('close', () => open.delete(socket));
  });
  return open;
}

/** The list is large: where every model has a price of its own, nobody pays for it. */
async function priceList({ models }: LlmSettings): Promise<PriceList> {
  const isNeeded = models.some(({ deployments }) =>
    deployments.some(({ price }) => price === null),
  );
  if (!isNeeded) return () => null;
  return (await import('../../policy/llm-price-list.ts')).priceFromList;
}

function timer(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
