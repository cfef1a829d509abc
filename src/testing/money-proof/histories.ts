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
  const limitNanoUsd = chance.whole(1, 8) * 4_000_000;
  const made = await admin<MadeKey>(proof, '/key/generate', {
    ...{ key_alias: name, max_budget: limitNanoUsd / 1e9, budget_duration: '30d' },
  });
  let { key } = made;
  const kills = chance.sometimes(killShare);
  const count = chance.whole(1, 8);
  const calls: Promise<void>[] = [];
  const killAt = kills ? chance.whole(1, count) : 0;
  for (let index = 1; index <= count; index++) {
    calls.push(oneCall(proof, `${name}-${index}`, key, name, chance, tally));
    if (index === killAt) {
      await pause(chance.whole(0, 40));
      await proof.process.kill();
      tally.kills += 1;
      break;
    }
    if (chance.sometimes(0.3)) await pause(chance.whole(0, 20));
    if (chance.sometimes(0.1)) {
      key = (await admin<MadeKey>(proof, '/key/regenerate', { key: name })).key;
      tally.rotations += 1;
    }
  }
  await Promise.all(calls);
  if (kills) await proof.process.start();
  tally.histories += 1;
  await checkHistory(proof, { name, key: made.name, limitNanoUsd });
}

/** Never rejects: a lost connection is a part of the history. */
async function oneCall(
  proof: Proof,
  requestId: string,
  key: string,
  session: string,
  chance: Chance,
  tally: Tally,
): Promise<void> {
  const plan: Behaviour[] = Array.from({ length: chance.whole(1, 4) }, () =>
    // Most calls go well.
    chance.sometimes(0.5) ? chance.pick(['answer', 'stream', 'slow']) : chance.pick(behaviours),
  );
  const content = JSON.stringify({ plan, pad: 'x'.repeat(chance.whole(0, 400)) });
  const body = JSON.stringify({
    ...{ model: chance.pick(['main', 'single', 'twice']), max_tokens: chance.whole(1, 200) },
    ...{ stream: chance.sometimes(0.5), messages: [{ role: 'user', content }] },
  });
  const headers = { 'x-api-key': key, 'x-request-id': requestId, 'x-session-id': session };
  const request = httpRequest(`${proof.url}/v1/messages`, { method: 'POST', headers });
  const cancelMs = chance.sometimes(0.15) ? chance.whole(0, 40) : null;
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

async function admin<T>(proof: Proof, path: string, body: object): Promise<T> {
  const headers = { authorization: `Bearer ${proof.masterKey}` };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${proof.url}${path}`, request);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
