// Random histories of calls against the real process: at once and one after the other, answered,
// failed, cut and cancelled, under keys that change their value, with the process killed in
// between. After each, what was promised of money is checked against the provider's invoice.

import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type Behaviour, behaviours } from './billing-provider.ts';
import type { Chance } from './chance.ts';
import { checkHistory, type Proof } from './check-history.ts';

export interface Tally {
  histories: number;
  calls: number;
  kills: number;
  rotations: number;
  cancels: number;
  readonly statuses: Map<number, number>;
}

export function newTally(): Tally {
  return { histories: 0, calls: 0, kills: 0, rotations: 0, cancels: 0, statuses: new Map() };
}

interface MadeKey {
  readonly key: string;
  readonly name: string;
}

/** One history. @throws AssertionError where a promise was broken */
export async function runHistory(
  proof: Proof,
  name: string,
  chance: Chance,
  tally: Tally,
  killShare: number,
): Promise<void> {
  const limitNanoUsd = chance.whole(1, 8) * (chance.sometimes(0.2) ? 10_000_000 : 4_000_000);
  const made = proof.redis === null ? await makeKey(proof, name, limitNanoUsd) : null;
  let key = made?.key ?? proof.key;
  const kills = chance.sometimes(killShare);
  const count = chance.whole(1, 8);
  const calls: Promise<void>[] = [];
  const killAt = kills ? chance.whole(1, count) : 0;
  const killed = chance.pick(proof.instances);
  const endTrouble = troubleRedis(proof, chance);
  for (let index = 1; index <= count; index++) {
    const { url } = chance.pick(proof.instances);
    calls.push(oneCall(url, `${name}-${index}`, key, name, chance, tally));
    if (index === killAt) {
      await pause(chance.whole(0, 40));
      await killed.process.kill();
      tally.kills += 1;
      break;
    }
    if (chance.sometimes(0.3)) await pause(chance.whole(0, 20));
    if (made !== null && chance.sometimes(0.1)) {
      key = (await admin<MadeKey>(proof, '/key/regenerate', { key: name })).key;
      tally.rotations += 1;
    }
  }
  await Promise.all(calls);
  await endTrouble();
  if (kills) await killed.process.start();
  tally.histories += 1;
  await checkHistory(proof, { name, key: made && { name: made.name, limitNanoUsd } });
}

function makeKey(proof: Proof, name: string, limitNanoUsd: number): Promise<MadeKey> {
  return admin<MadeKey>(proof, '/key/generate', {
    ...{ key_alias: name, max_budget: limitNanoUsd / 1e9, budget_duration: '30d' },
  });
}

/** Sometimes it does not answer for a while, or forgets all that it knew. */
function troubleRedis({ redis }: Proof, chance: Chance): () => Promise<void> {
  const [freezes, forgets] = [chance.sometimes(0.03), chance.sometimes(0.03)];
  if (redis === null) return async () => {};
  if (freezes) redis.freeze(true);
  const restarted = forgets && !freezes ? redis.restart() : null;
  return async () => {
    if (freezes) redis.freeze(false);
    await restarted;
  };
}

/** Never rejects: a lost connection is a part of the history. */
async function oneCall(
  url: string,
  requestId: string,
  key: string,
  session: string,
  chance: Chance,
  tally: Tally,
): Promise<void> {
  const headers = { 'x-api-key': key, 'x-request-id': requestId, 'x-session-id': session };
  const body = bodyOf(chance);
  const request = httpRequest(`${url}/v1/messages`, { method: 'POST', headers });
  const cancelMs = chance.sometimes(0.15) ? chance.whole(0, 60) : null;
  const timer = cancelMs === null ? null : setTimeout(() => request.destroy(), cancelMs);
  if (cancelMs !== null) tally.cancels += 1;
  tally.calls += 1;
  try {
    const answered = once(request, 'response');
    request.end(body);
    const [response] = await answered;
    tally.statuses.set(response.statusCode, (tally.statuses.get(response.statusCode) ?? 0) + 1);
    for await (const _ of response);
  } catch {
    // Cancelled, or the process was killed.
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

function bodyOf(chance: Chance): string {
  const plan: Behaviour[] = Array.from({ length: chance.whole(1, 4) }, () =>
    // Most calls go well.
    chance.sometimes(0.5) ? chance.pick(['answer', 'stream', 'slow']) : chance.pick(behaviours),
  );
  const content = JSON.stringify({ plan, pad: 'x'.repeat(chance.whole(0, 400)) });
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: chance.whole(1, 3) };
  const cached = { type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } };
  const long = chance.sometimes(0.2);
  return JSON.stringify({
    ...{ model: chance.pick(['main', 'single', 'twice']), stream: chance.sometimes(0.5) },
    max_tokens: chance.whole(1, long ? 4_000 : 200),
    ...(chance.sometimes(0.1) ? { tools: [search] } : {}),
    ...(chance.sometimes(0.1) ? { system: [cached] } : {}),
    ...(chance.sometimes(0.1) ? { thinking: { type: 'enabled', budget_tokens: 1_024 } } : {}),
    messages: [{ role: 'user', content }],
  });
}

async function admin<T>(proof: Proof, path: string, body: object): Promise<T> {
  const headers = { authorization: `Bearer ${proof.masterKey}` };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${proof.instances[0].url}${path}`, request);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
