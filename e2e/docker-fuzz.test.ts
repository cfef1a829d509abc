// Mutated create bodies through docker-proxy to a live daemon: whatever it makes of them is, by its
// own word, a sandbox of the template.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { reasons } from '../src/policy/reasons.ts';
import { type Ground, startGround } from '../src/testing/docker-attacks/live.ts';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import { sandboxFaults } from '../src/testing/docker-sandbox-check.ts';
import { createBodies } from '../src/testing/fuzz/docker-create-bodies.ts';
import { randomFrom } from '../src/testing/fuzz/random.ts';
import { requestText } from '../src/verify/attacks/docker/write.ts';

const bodiesMax = 500;
const timeMaxMs = 30_000;

suite('mutated creates before a live daemon', { skip: dockerSkip }, () => {
  let ground: Ground;
  before(async () => {
    ground = await startGround();
  });
  after(async () => ground[Symbol.asyncDispose]());

  test('what is made of them is a sandbox of the template', async (context) => {
    const seed = randomInt(1_000_000_000);
    context.diagnostic(`seed ${seed}`);
    const { guarded, template } = ground;
    const { daemon, workspace } = guarded;
    const bodies = createBodies({ image: daemon.image, source: workspace, target: '/workspace' });
    const known = (await containers(ground)).join();
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const until = performance.now() + timeMaxMs;
    for (let index = 0; index < bodiesMax && performance.now() < until; index += 1) {
      const body = bodies.mutated(randomFrom(`${seed}/docker-live/${index}`));
      const said = `body ${index} of seed ${seed}: ${body}`;
      const target = `/v1.41/containers/create?name=openclaw-sbx-fuzz-${index}`;
      const { status, reason, body: answer } = await ground.send(requestText('POST', target, body));
      if (status !== 201) {
        assert.ok(status >= 400, said);
        // Without a reason of ours the daemon itself has refused.
        assert.ok(reason === null || Object.hasOwn(reasons, reason), `${reason} ${said}`);
        count(reason ?? 'daemon');
        continue;
      }
      const { Id } = JSON.parse(answer) as { readonly Id: string };
      const made = (await daemon.api('GET', `/containers/${Id}/json`)) as Made;
      await daemon.api('DELETE', `/containers/${Id}?force=1&v=1`);
      const faults = sandboxFaults(
        { ...made.Config, HostConfig: made.HostConfig },
        template,
        'clincher/gateway',
      );
      assert.deepEqual(faults, [], said);
      count('made');
    }
    context.diagnostic([...outcomes].map(([what, times]) => `${what} ${times}`).join(', '));
    const all = [...outcomes.values()].reduce((sum, times) => sum + times, 0);
    const made = outcomes.get('made') ?? 0;
    assert.ok(made >= 5, `only ${made} of ${all} were made, seed ${seed}`);
    assert.ok(all - made >= 5, `only ${all - made} of ${all} were refused, seed ${seed}`);
    assert.equal((await containers(ground)).join(), known, `more was made, seed ${seed}`);
  });
});

interface Made {
  readonly Config: object;
  readonly HostConfig: object;
}

/** Ids of all that the daemon has. */
async function containers({ guarded }: Ground): Promise<readonly string[]> {
  const all = (await guarded.daemon.api('GET', '/containers/json?all=1')) as readonly Listed[];
  return all.map(({ Id }) => Id).sort();
}

interface Listed {
  readonly Id: string;
}
