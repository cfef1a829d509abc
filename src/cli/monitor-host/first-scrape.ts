// Whether Prometheus gets the application host's page: asked of itself, once it runs.

import { setTimeout as delay } from 'node:timers/promises';
import { jobs, monitorPorts } from '../../render/monitoring/prometheus.ts';

const pollMs = 500;

/**
 * Null: it gets it. Else why not, in its own words.
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#targets
 */
export async function whyNotScraped(withinMs: number): Promise<string | null> {
  const until = performance.now() + withinMs;
  for (;;) {
    const target = await readTarget();
    if (target?.health === 'up') return null;
    const isLate = performance.now() >= until;
    if (isLate || target?.health === 'down') return target?.lastError || 'it has not looked yet';
    await delay(pollMs);
  }
}

interface Target {
  readonly scrapePool?: string;
  readonly health?: string;
  readonly lastError?: string;
}

async function readTarget(): Promise<Target | undefined> {
  const url = `http://127.0.0.1:${monitorPorts.prometheus}/api/v1/targets?state=active`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const { data } = (await answer.json()) as { data?: { activeTargets?: readonly Target[] } };
    return data?.activeTargets?.find(({ scrapePool }) => scrapePool === jobs.clincher);
  } catch {
    return undefined;
  }
}
