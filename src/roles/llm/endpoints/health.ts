// Health as LiteLLM's users ask for it. Nothing is sent to a provider for it: a check that costs
// money, or wakes a rate limit, is no check.

import { requestIdHeader } from '../../../telemetry/names.ts';
import { healthOf } from '../health.ts';
import type { Exchange } from './endpoint.ts';
import { sendJson } from './send-json.ts';

/** By what their last calls showed; no key, no address. */
export function health({ house, ticket, response }: Exchange): void {
  const now = house.world.monotonicMs();
  const healthy: object[] = [];
  const unhealthy: object[] = [];
  for (const [name, { deployments }] of house.book.models) {
    for (const { id } of deployments) {
      const { coolingUntilMs, latencyMs, open } = house.live.read(id);
      const place = house.placeOf(id);
      const about = { model: name, model_id: id, latency_ms: latencyMs, open_calls: open };
      const error =
        'missing' in place
          ? place.missing
          : coolingUntilMs > now
            ? `cooling down for ${Math.ceil((coolingUntilMs - now) / 1000)} s`
            : null;
      if (error === null) healthy.push(about);
      else unhealthy.push({ ...about, error });
    }
  }
  sendJson(ticket, response, 200, {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  });
}

export function liveliness({ ticket, response }: Exchange): void {
  sendJson(ticket, response, 200, "I'm alive!");
}

/** 503 while no money may be spent. */
export function readiness({ house, ticket, response }: Exchange): void {
  const { ready, detail } = healthOf(house);
  const status = ready ? 'connected' : 'unavailable';
  sendJson(ticket, response, ready ? 200 : 503, { status, detail: detail ?? null });
}

/** Only on the listeners that say so: what is counted tells one caller of the others. */
export async function metrics({ house, ticket, response }: Exchange): Promise<void> {
  if (!house.settings.metricsFor.includes(ticket.caller)) {
    const message = 'The metrics are not served to this caller: see `metricsFor`.';
    return ticket.refuse({ reason: 'path-unknown', message });
  }
  const registry = house.telemetry.metrics;
  const text = await registry.metrics();
  response.writeHead(200, {
    'content-type': registry.contentType,
    'content-length': Buffer.byteLength(text),
    [requestIdHeader]: ticket.requestId,
  });
  response.write(text);
  ticket.note({ status: 200 });
}
