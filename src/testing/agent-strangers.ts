// What the real agent takes a stranger for. Whom OpenClaw believes to be at its own machine, it
// pairs without asking anybody: so nothing that a client says, and nothing that is left out on the
// way, may make one local.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { openDriver } from '../cli/running.ts';
import { sameMachineAddress } from '../policy/ingress-headers.ts';
import type { AgentStack } from './agent-stack.ts';
import { askFromInside, askToBeLetIn } from './openclaw-device.ts';

/** What it says while it loads the rest of itself, its page being there already. */
const starting = 'UNAVAILABLE';
const startsWithinMs = 90_000;

/** As a device that has to be let in by somebody. */
const stranger = 'PAIRING_REQUIRED';

const here = ['127.0.0.1', '::1', '[::1]:80', '127.0.0.1:18789', '::ffff:127.0.0.1', 'localhost'];
const lists = ['127.0.0.1, 127.0.0.1', '203.0.113.7, 127.0.0.1', '::1, 203.0.113.7', ''];
const forged: readonly Readonly<Record<string, string>>[] = [
  {},
  ...[...here, ...lists, sameMachineAddress].map((address) => ({ 'X-Forwarded-For': address })),
  { 'X-Real-IP': '127.0.0.1' },
  { 'CF-Connecting-IP': '127.0.0.1' },
  { 'True-Client-IP': '::1' },
  { Forwarded: 'for=127.0.0.1;host=localhost;proto=http' },
  { Forwarded: 'for="[::1]:18789", for=127.0.0.1' },
  { X_Forwarded_For: '127.0.0.1' },
  { Connection: 'Upgrade, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host' },
  { 'X-Forwarded-For': '127.0.0.1', Connection: 'Upgrade, X-Forwarded-For' },
  { 'Tailscale-User-Login': 'root@example.com', 'X-Forwarded-For': '127.0.0.1' },
  { 'X-Forwarded-Host': 'localhost', 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '18789' },
];

export function describeStrangers(stack: () => AgentStack): void {
  it('who is in the agent’s own jail is local to it, and let in without asking', async () => {
    await using driver = await openDriver(stack().state);
    const input = { token: await stack().token() };
    const ask = () => driver.probe('gateway', askFromInside, input, 30_000);
    const until = performance.now() + startsWithinMs;
    let answer = await ask();
    while (answer === starting && performance.now() < until) answer = await ask();
    assert.equal(answer, 'let in');
  });

  it('whatever a client says it is, through the ingress it is a stranger', async () => {
    const [ca, token, { origin }] = [await stack().ca(), await stack().token(), stack()];
    for (const headers of forged) {
      const answer = await askToBeLetIn(origin.replace('https:', 'wss:'), token, { ca, headers });
      assert.equal(answer, stranger, JSON.stringify(headers));
    }
  });

  it('at the agent’s own edge, who does not say which client it is from is let nowhere', async () => {
    const token = await stack().token();
    const edge = edgeOf(stack());
    const ask = (headers: Readonly<Record<string, string>>) =>
      askToBeLetIn(edge, token, { headers });
    const claims = forged.filter((headers) => !('Connection' in headers));
    for (const headers of claims) {
      const named = headers['X-Forwarded-For'] === sameMachineAddress;
      assert.equal(await ask(headers), named ? stranger : '400', JSON.stringify(headers));
    }
    assert.equal(await ask({ 'X-Forwarded-For': '203.0.113.7' }), stranger);
  });

  it('a page of another origin is refused by the agent itself, too', async () => {
    const token = await stack().token();
    const edge = edgeOf(stack());
    const ask = (origin: string) =>
      askToBeLetIn(edge, token, { headers: { 'X-Forwarded-For': '203.0.113.7', origin } });
    assert.equal(await ask(stack().origin), stranger);
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:18789']) {
      assert.equal(await ask(origin), 'CONTROL_UI_ORIGIN_NOT_ALLOWED', origin);
    }
  });
}

/** Where the ingress reaches the agent. */
function edgeOf({ state }: AgentStack): string {
  return `ws+unix:${join(state, 'run/edges/ingress--gateway.http/sock')}:/`;
}
