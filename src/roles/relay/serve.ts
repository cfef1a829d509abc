// The relay: the first process in the agent's jail. It turns edges into localhost ports and back,
// starts the agent between them, and ends with it, so that the agent runs unmodified and nothing
// outlives it.

import { limits as defaults } from '../../kit/limits.ts';
import type { Running } from '../../kit/running.ts';
import { createHttpMetrics } from '../../net/http-metrics.ts';
import { listen } from '../../net/listen.ts';
import type { Role } from '../role.ts';
import { createCauses } from './causes.ts';
import type { RelayContext } from './context.ts';
import { openInward } from './inward.ts';
import { lookAtAgent } from './look-at-agent.ts';
import { openOutward, openRaw } from './outward.ts';
import { startProgram } from './program.ts';
import { type RelaySettings, relaySettings } from './settings.ts';

export const relayRole: Role<RelaySettings> = {
  name: 'relay',
  settings: relaySettings,
  async serve(settings, world, telemetry) {
    const metrics = createHttpMetrics(telemetry);
    const context = { settings, world, telemetry, metrics, causes: createCauses() };
    const closers: (() => Promise<void>)[] = [];
    const close = async () => {
      await Promise.all(closers.map((end) => end()));
    };
    try {
      await openListeners(context, closers);
      // Last, so that what it calls on its first breath is there.
      const program: Running & { failed: Promise<never> } = await startProgram(
        settings.program,
        world,
        telemetry,
      );
      closers.push(async () => program[Symbol.asyncDispose]());
      if (settings.look !== undefined) {
        const look = lookAtAgent(settings.look, () => program.health().ready, telemetry);
        closers.push(async () => look[Symbol.dispose]());
      }
      return {
        health: program.health,
        failed: program.failed,
        [Symbol.asyncDispose]: close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

async function openListeners(
  context: RelayContext,
  closers: (() => Promise<void>)[],
): Promise<void> {
  const { settings } = context;
  for (const edge of settings.listen) {
    const server = openInward(context, edge);
    closers.push(() => server.close(defaults.shutdownGraceMs));
    await listen(server.server, edge.address);
  }
  for (const edge of settings.dial) {
    if (edge.protocol === 'tcp') {
      const raw = openRaw(context, edge);
      closers.push(raw.close);
      await listen(raw.server, edge.listen);
      continue;
    }
    const server = openOutward(context, edge);
    closers.push(() => server.close(defaults.shutdownGraceMs));
    await listen(server.server, edge.listen);
  }
}
