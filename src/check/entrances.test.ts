// Ways in: listeners of the world, clients past ingress, and what the monitoring host may ask.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleTopology, withEdge, withRights } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';

test('a listener of any service but ingress is found', () => {
  for (const name of ['gateway', 'llm', 'notes', 'metrics', 'prometheus']) {
    const worldListeners = [{ host: '0.0.0.0', port: 9_000 }];
    assert.deepEqual(found(withRights(exampleTopology(), name, { worldListeners })), [
      `fatal world-listeners ${name}: ${name} listens to the world on 0.0.0.0:9000 and is not ingress`,
    ]);
  }
});

test('a second listener of ingress is found', () => {
  const worldListeners = [
    { host: '127.0.0.1', port: 8_443 },
    { host: '::', port: 8_443 },
  ];
  assert.deepEqual(found(withRights(exampleTopology(), 'ingress', { worldListeners })), [
    'fatal world-listeners ingress: ingress listens to the world on [::]:8443 beyond the addresses it declares',
  ]);
});

test('a client that comes in past ingress is found', () => {
  for (const from of ['people', 'operator', 'internet', 'docker.sock']) {
    assert.deepEqual(found(withEdge(exampleTopology(), { from, to: 'gateway' })), [
      `fatal world-listeners ${from}--gateway.extra: ${from} comes in at gateway, past ingress`,
    ]);
  }
});

test('the operator reaches the monitoring host, the internet does not', () => {
  const zone = 'monitor-net';
  const to = 'prometheus';
  assert.deepEqual(found(withEdge(exampleTopology(), { from: 'operator', to, zone })), []);
  assert.deepEqual(found(withEdge(exampleTopology(), { from: 'internet', to, zone })), [
    'fatal world-listeners internet--prometheus.extra: internet comes in at prometheus, past ingress',
  ]);
});

test('monitoring that reaches past ingress is found', () => {
  for (const to of ['gateway', 'llm', 'metrics', 'egress', 'docker-proxy']) {
    const edge = { from: 'prometheus', to, paths: ['/metrics'] };
    const lines = found(withEdge(exampleTopology(), edge));
    assert.deepEqual(
      lines.filter((line) => line.includes(' monitoring ')),
      [
        `fatal monitoring prometheus--${to}.extra: the edge prometheus -> ${to} reaches past ingress`,
      ],
    );
  }
});

test('monitoring that may ask ingress for more than metrics and health is found', () => {
  const asking = (paths: readonly string[] | undefined) =>
    found(
      withEdge(exampleTopology(), {
        from: 'grafana',
        to: 'ingress',
        zone: 'proxy-net',
        ...(paths === undefined ? {} : { paths }),
      }),
    );
  const start = 'fatal monitoring grafana--ingress.extra: the edge grafana -> ingress';
  assert.deepEqual(asking(['/metrics', '/healthz']), []);
  assert.deepEqual(asking(undefined), [`${start} may ask for every path`]);
  assert.deepEqual(asking([]), [`${start} may ask for every path`]);
  assert.deepEqual(asking(['/metrics', '/']), [`${start} may ask for /`]);
  assert.deepEqual(asking(['/metrics/../v1/chat/completions']), [
    `${start} may ask for /metrics/../v1/chat/completions`,
  ]);
});

test('an edge from the agent to monitoring is found', () => {
  const edge = { from: 'gateway', to: 'grafana', zone: 'monitor-net' };
  assert.ok(
    found(withEdge(exampleTopology(), edge)).includes(
      'fatal monitoring gateway--grafana.extra: the edge gateway -> grafana leads to monitoring',
    ),
  );
});
