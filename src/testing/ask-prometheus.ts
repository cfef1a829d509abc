// The Prometheus of a test's own network, asked as a person would.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const waitMs = 60_000;
const pollMs = 300;

/** What it answers; nothing while it is not there. */
export async function askPrometheus(path: string): Promise<{ readonly data?: unknown }> {
  const answer = await fetch(`http://127.0.0.1:9090${path}`).catch(() => null);
  return answer === null ? {} : ((await answer.json()) as { readonly data?: unknown });
}

/** The value of the first result; empty where there is none. */
export async function queryPrometheus(expression: string): Promise<string> {
  const { data } = await askPrometheus(`/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { result = [] } = (data ?? {}) as { result?: readonly { value: [number, string] }[] };
  return result[0]?.value[1] ?? '';
}

export async function untilTrue(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + waitMs;
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'it did not come about in time');
    await sleep(pollMs);
  }
}
