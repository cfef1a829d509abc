// Asks the agent now and then what it has done, for the metrics.

import { readFile } from 'node:fs/promises';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { createAgentEvents } from './agent-events.ts';
import { askGateway } from './ask-gateway.ts';
import type { RelaySettings } from './settings.ts';

type Look = NonNullable<RelaySettings['look']>;

const deadlineMs = 10_000;

/** While `isReady` is false nothing is asked. */
export function lookAtAgent(
  { url, tokenFile, everyMs }: Look,
  isReady: () => boolean,
  telemetry: Telemetry,
): Disposable {
  const events = createAgentEvents(telemetry);
  let told = false;
  const look = async () => {
    const token = (await readFile(tokenFile, 'utf8')).trim();
    const asked = { limit: 1_000 };
    const answer = await askGateway(url, token, 'diagnostics.stability', asked, deadlineMs);
    if (events.take(answer) || told) return;
    told = true;
    telemetry.log.warn('agent-tells-nothing', { url });
  };
  let working = false;
  const timer = setInterval(() => {
    if (working || !isReady()) return;
    working = true;
    void look()
      .catch((error: unknown) => telemetry.log.warn('look-failed', { error: String(error) }))
      .finally(() => {
        working = false;
      });
  }, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
