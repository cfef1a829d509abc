// The bundled demonstration provider: both dialects, streams and tool calls, with no model behind
// it, so that a person can see the whole stack work without a key and without the internet.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { limits } from '../../kit/limits.ts';
import type { Running } from '../../kit/running.ts';
import type { World } from '../../kit/world.ts';
import { listen } from '../../net/listen.ts';
import { createServer } from '../../net/node-http.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Role } from '../role.ts';
import { answerDemo } from './answer.ts';
import { type DemoSettings, demoSettings } from './settings.ts';

export const demoRole: Role<DemoSettings> = { name: 'demo', settings: demoSettings, serve };

const eventPauseMs = 15;
const connectionsMax = 64;

async function serve(settings: DemoSettings, world: World, telemetry: Telemetry): Promise<Running> {
  const servers: Server[] = [];
  const close = async () => {
    const closed = servers.map((server) => new Promise((done) => server.close(done)));
    for (const server of servers) server.closeAllConnections();
    await Promise.all(closed);
  };
  try {
    for (const { address, caller } of settings.listen) {
      const server = createServer(
        { headersTimeout: limits.headerTimeoutMs, maxHeaderSize: limits.headerBytesMax },
        (request, response) => void exchange(world, telemetry, caller, request, response),
      );
      server.maxConnections = connectionsMax;
      servers.push(server);
      await listen(server, address);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { health: () => ({ ready: true }), [Symbol.asyncDispose]: close };
}

/** Never rejects. */
async function exchange(
  world: World,
  telemetry: Telemetry,
  caller: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedMs = world.monotonicMs();
  const given = request.headers[requestIdHeader];
  const requestId = typeof given === 'string' ? given : world.randomId();
  response.on('error', () => {}); // A client that leaves is none of our troubles.
  response.setHeader(requestIdHeader, requestId);
  const body = await readBody(request);
  if (body === null) response.destroy();
  const fields =
    body === null
      ? {}
      : await answerDemo(request, body, response, { now: world.now(), eventPauseMs });
  telemetry.record({
    requestId,
    caller,
    verdict: body === null ? 'deny' : 'allow',
    reason: body === null ? 'limit-body' : 'allowed',
    rule: null,
    durationMs: Math.round(world.monotonicMs() - startedMs),
    fields: { ...fields },
  });
}

/** Null when it was too long or the client left. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > limits.bodyBytesMax) return null;
      parts.push(part);
    }
  } catch {
    return null;
  }
  return Buffer.concat(parts);
}
