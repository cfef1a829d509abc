// The attacks on the Docker proxy before the real one: each is refused as it says, and the daemon
// is never met. What it refuses by a caller's profile is told from what it refuses in any.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from '../plan/make-plan.ts';
import type { ServicePlan } from '../plan/model.ts';
import { dockerProxySettings } from '../roles/docker-proxy/settings.ts';
import { startDockerProxy } from '../testing/docker-proxy.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { dockerSandbox, exampleOptions } from '../testing/example-options.ts';
import { exchange } from '../testing/wire.ts';
import type { Edge } from '../topology/model.ts';
import { standardTopology } from '../topology/standard.ts';
import { dockerTables } from './attacks/docker/tables.ts';
import { fillDocker } from './attacks/fill-docker.ts';
import { judgeAnswer } from './wire-attacks.ts';

/** What a stack tells its own. */
const { settings } = makePlan(
  standardTopology({ ...exampleOptions(), sandbox: dockerSandbox('/run/docker.sock') }),
  exampleMachine(),
).services.find(({ role }) => role === 'docker-proxy') ?? { settings: {} };
const planned = dockerProxySettings.parse(settings);

const attacks = dockerTables.flatMap(({ attacks: rows }) => rows);
/** Each with how many are fired at it, at least. */
const profiles = { sandbox: 190, 'exec-only': 85, handshake: 85, observe: 25 };

for (const [profile, least] of Object.entries(profiles)) {
  test(`all are refused as they say, and nothing is asked of the daemon: ${profile}`, async () => {
    await using proxy = await startDockerProxy({
      profile: profile as keyof typeof profiles,
      template: planned.template,
      limits: { requestsPerSecondMax: 1_000_000 },
    });
    const edge = { from: 'gateway' } as Edge;
    const guard = { settings: { profile, callers: {} } } as unknown as ServicePlan;
    const fired = attacks.filter((attack) => fillDocker(attack, edge, guard) !== null);
    const judged = await Promise.all(
      fired.map(async (attack) => {
        const text = await exchange(proxy.dial('gateway'), attack.bytes, 20_000);
        const answers = text.match(/HTTP\/1\.1 [0-9]{3}/g)?.length ?? 0;
        const { observed, evidence } = judgeAnswer(attack, { id: 0, text, answers, code: '' });
        return observed === 'denied' ? [] : [`${attack.tries}: ${observed}, ${evidence}`];
      }),
    );
    assert.deepEqual(judged.flat(), []);
    assert.equal(proxy.docker.connections, 0);
    assert.ok(fired.length >= least, String(fired.length));
  });
}

test('a caller of its own profile is attacked by that', () => {
  const edge = { from: 'gateway' } as Edge;
  const settings = { profile: 'handshake', callers: { gateway: { profile: 'tecnativa' } } };
  const [call] = attacks.filter(({ reason }) => reason === 'docker-call-denied');
  assert.ok(call !== undefined);
  assert.equal(fillDocker(call, edge, { settings } as unknown as ServicePlan), null);
});
