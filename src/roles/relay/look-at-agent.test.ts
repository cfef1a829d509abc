// What the agent says of its work, and what one that lies about it can do: nothing but say wrong
// numbers under the names that are known.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { startRelay, type TestRelay } from '../../testing/relay.ts';
import { recordedTelemetry, temporaryFolder } from '../../testing/wire.ts';
import { createAgentEvents } from './agent-events.ts';
import { askGateway } from './ask-gateway.ts';

const event = (seq: number, type: string, more: object = {}) => ({ seq, ts: 1, type, ...more });
const answer = (events: readonly object[], memory: object = {}) => ({ events, summary: memory });

async function taken(...answers: readonly unknown[]) {
  const telemetry = recordedTelemetry('gateway');
  const events = createAgentEvents(telemetry);
  const taken = answers.map((one) => events.take(one));
  return { taken, text: await telemetry.metrics.metrics() };
}

test('each event is counted once, however often it is told', async () => {
  const [first, second] = [event(1, 'model.call.completed'), event(2, 'tool.execution.blocked')];
  const { text } = await taken(answer([first]), answer([second, first]), answer([first, second]));
  assert.match(text, /^clincher_agent_events_total\{kind="model.call.completed"\} 1$/m);
  assert.match(text, /^clincher_agent_events_total\{kind="tool.execution.blocked"\} 1$/m);
});

test('an agent that was started anew is counted on', async () => {
  const { text } = await taken(
    answer([event(90, 'session.stuck')]),
    answer([event(1, 'session.stuck')]),
  );
  assert.match(text, /^clincher_agent_events_total\{kind="session.stuck"\} 2$/m);
});

test('its memory and its work are what it said last', async () => {
  const work = { active: 1, waiting: 2, queued: 3 };
  const memory = { memory: { latest: { rssBytes: 1_000, heapUsedBytes: 10 } } };
  const { text } = await taken(answer([event(1, 'diagnostic.heartbeat', work)], memory));
  for (const line of [
    'work{kind="queued"} 3',
    'work{kind="active"} 1',
    'memory_bytes{kind="rss"} 1000',
  ])
    assert.ok(text.includes(`clincher_agent_${line}\n`), text);
});

test('what is no record changes nothing, and a kind that is not known is none of its own', async () => {
  const many = Array.from({ length: 1_001 }, (_, at) => event(at, 'run.started'));
  const lies = [null, 1, {}, { events: [] }, answer([{ seq: -1, type: 'x' }]), answer(many)];
  const { taken: took, text } = await taken(...lies, answer([event(1, 'what\n"} 1')]));
  assert.deepEqual(took, [...lies.map(() => false), true]);
  assert.match(text, /^clincher_agent_events_total\{kind="other"\} 1$/m);
  assert.equal(text.match(/^clincher_agent_events_total/gm)?.length, 1);
});

type Say = (frame: object | string) => void;

/** A gateway that knows the token `right`, and answers as it is told. */
async function gateway(answers: (asked: { method: string }, say: Say) => void) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    const say: Say = (frame) =>
      socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    say({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n', ts: 1 } });
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data));
      if (method !== 'connect') return answers({ method }, say);
      assert.deepEqual(params.scopes, ['operator.read'], 'it may read and no more');
      say({ type: 'res', id, ok: params.auth.token === 'right', payload: {} });
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((done) => server.close(done));
    },
  };
}

test('a gateway that refuses, says nonsense, nothing, or is not there gives nothing, in time', async () => {
  const hostile: readonly ((asked: object, say: Say) => void)[] = [
    () => undefined,
    (_, say) => say('no json'),
    (_, say) => say('null'),
    (_, say) => say({ type: 'res', id: 'ask', ok: false }),
    (_, say) => say(`{"id":"ask","ok":true,"payload":"${'x'.repeat(5_000_000)}"}`),
  ];
  for (const answers of hostile) {
    await using server = await gateway(answers);
    assert.equal(await askGateway(server.url, 'right', 'x', {}, 500), null);
    assert.equal(await askGateway(server.url, 'wrong', 'x', {}, 5_000), null);
  }
  assert.equal(await askGateway('ws://127.0.0.1:9/', 'right', 'x', {}, 5_000), null);
});

test('the relay asks its agent now and then once it is ready, with the token of its file', async () => {
  await using folder = await temporaryFolder();
  const tokenFile = `${folder.path}/token`;
  await writeFile(tokenFile, 'right\n');
  await using server = await gateway(({ method }, say) => {
    assert.equal(method, 'diagnostics.stability');
    say({ type: 'res', id: 'ask', ok: true, payload: answer([event(7, 'run.completed')]) });
  });
  const look = { url: server.url, tokenFile, everyMs: 20 };
  await using relay = await startRelay({ more: { look } });
  const line = 'clincher_agent_events_total{kind="run.completed"} 1\n';
  await until(async () => (await metricsOf(relay)).includes(line));
});

function metricsOf(relay: TestRelay): Promise<string> {
  return relay.telemetry.metrics.metrics();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'it did not come about');
    await new Promise((next) => setTimeout(next, 20));
  }
}
