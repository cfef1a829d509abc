// What llm spent, when everything below it ends: itself, Docker, the disk, the clock. Real roles in
// containers, calls under way each time, and a provider that writes an invoice; what is in the
// ledger afterwards is held against that.

import assert from 'node:assert/strict';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { containerArgv } from '../../src/cli/installation.ts';
import { defaultPlace } from '../../src/kit/place.ts';
import { inside } from '../../src/plan/paths.ts';
import { SpendBook } from '../../src/roles/llm/spend/spend-query.ts';
import { type DockerDaemon, dockerSkip } from '../../src/testing/docker-daemon.ts';
import { openDockerPlace } from '../../src/testing/docker-world.ts';
import { code, isReady, observed, until } from '../../src/testing/driver-contract.ts';
import { exampleOptions } from '../../src/testing/example-options.ts';
import { fillDisk } from '../../src/testing/full-disk.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { startProvider, type TestProvider } from '../../src/testing/provider.ts';
import { run } from '../../src/testing/run-program.ts';
import {
  bringUpVerified,
  stackProviderHost,
  type VerifiedStack,
} from '../../src/testing/verified-stack.ts';
import type { StackOptions } from '../../src/topology/options.ts';

if (dockerSkip !== false) test('the ledger in containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, tests);

const providerAddress = '198.51.100.1';
const price = { inputNanoUsd: 3_000, outputNanoUsd: 15_000 };
const usage = { input_tokens: 100, output_tokens: 10 };
const invoiced = 100 * price.inputNanoUsd + 10 * price.outputNanoUsd;
const recoveryMs = 120_000;
const dayMs = 86_400_000;

/** In the agent's place: so many calls at once. Prints their statuses; 0 where one was cut off. */
const ask = `import { readFileSync } from 'node:fs';
const key = readFileSync('${inside.secrets}/agent-key', 'utf8').trim();
const body = JSON.stringify({
  model: 'claude', max_tokens: 100, messages: [{ role: 'user', content: 'good morning' }],
});
const one = async () => {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const sent = { method: 'POST', headers, body };
  const answer = await fetch('http://127.0.0.1:4000/v1/messages', sent).catch(() => null);
  await answer?.text().catch(() => '');
  return answer?.status ?? 0;
};
console.log(JSON.stringify(await Promise.all(Array.from({ length: probeInput }, one))));`;

/** Read by llm's process alone: the machine's own clock is everybody's. */
const clockFile = 'clock-ahead-ms';
const otherClock = `data:text/javascript,${encodeURIComponent(`
import { readFileSync } from 'node:fs';
const now = Date.now;
let aheadMs = 0;
setInterval(() => {
  try { aheadMs = Number(readFileSync('${inside.state}/${clockFile}', 'utf8')); } catch {}
}, 50).unref();
Date.now = () => now() + aheadMs;`)}`;

function serveArgv(role: string): readonly string[] {
  const [node = '', ...rest] = containerArgv.serveArgv(role);
  return role === 'llm' ? [node, '--import', otherClock, ...rest] : [node, ...rest];
}

function tests(): void {
  const small = mkdtempSync(join(tmpdir(), 'clincher-small-'));
  let provider: TestProvider;
  let daemon: DockerDaemon;
  let stack: VerifiedStack;
  before(async () => {
    // Before the daemon, which sees what was mounted when it began.
    await run(['mount', '-t', 'tmpfs', '-o', 'size=16m,mode=0755', 'tmpfs', small]);
    provider = await startProvider([stackProviderHost], { host: providerAddress, port: 443 });
    const caFile = join(small, 'ca.pem');
    writeFileSync(caFile, provider.caPem);
    stack = await bringUpVerified(async (secrets) => {
      const place = await openDockerPlace('segmented', secrets, { place: small, serveArgv });
      daemon = place.daemon;
      return { ...place, options: { ...place.options, ...optionsWith(caFile) } };
    });
  });
  after(async () => {
    await stack?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
    await run(['umount', '--lazy', small]);
    rmdirSync(small);
  });

  const state = () => join(stack.stateDir, 'services/llm/state');
  const callsMade = async (count: number): Promise<readonly number[]> =>
    JSON.parse(await stack.driver.probe('gateway', ask, count, recoveryMs));
  const upAgain = async () => {
    for (const { name } of stack.plan.services)
      await until(stack.driver, name, isReady, recoveryMs);
  };
  /** Calls that the provider has and has not answered. */
  const underWay = async (count: number) => {
    const before = provider.requests.length;
    provider.respond = () => {};
    const calls = callsMade(count).catch(() => []);
    await provider.received(before + count);
    provider.respond = invoice;
    return { calls };
  };

  test('calls go through, and the ledger has what the provider asks for', async () => {
    provider.respond = invoice;
    assert.deepEqual(await callsMade(4), [200, 200, 200, 200]);
    await heldAgainst(state(), provider, 4);
  });

  test('llm is killed with calls under way: Docker starts it again, and they count in full', async () => {
    const { calls } = await underWay(3);
    const { pid, restarts } = (await observed(stack.driver, 'llm')) ?? assert.fail('no llm');
    process.kill(pid ?? assert.fail('no process'), 'SIGKILL');
    assert.deepEqual(await calls, [503, 503, 503]);
    const again = await until(stack.driver, 'llm', (seen) => seen.restarts > restarts, recoveryMs);
    assert.notEqual(again.pid, pid);
    await upAgain();
    assert.deepEqual(await callsMade(2), [200, 200]);
    await heldAgainst(state(), provider, 9);
  });

  test('Docker is killed with calls under way: it is said, and all is back with what it kept', async () => {
    const { calls } = await underWay(2);
    await daemon.kill();
    await assert.rejects(stack.driver.observe(), code('docker-unreachable'));
    await daemon.start();
    await calls;
    await upAgain();
    assert.deepEqual(await callsMade(2), [200, 200]);
    await heldAgainst(state(), provider, 13);
  });

  test('the clock jumps by two days and back: no call is of another day than it was made on', async () => {
    const before = Date.now();
    for (const aheadMs of [2 * dayMs, -2 * dayMs, 0]) {
      writeFileSync(join(state(), clockFile), String(aheadMs));
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.deepEqual(await callsMade(2), [200, 200]);
    }
    const calls = await heldAgainst(state(), provider, 19);
    const late = calls.filter(({ atMs }) => atMs >= before);
    assert.equal(late.length, 6);
    assert.ok(late.every(({ atMs }) => atMs <= Date.now() + 60_000));
  });

  test('the disk is full: what cannot be written down is not spent, until there is room', async () => {
    const filler = join(stack.stateDir, 'filler');
    fillDisk(filler);
    assert.deepEqual(await callsMade(3), [503, 503, 503]);
    assert.equal(provider.requests.length, 19);
    rmSync(filler);
    const deadline = Date.now() + recoveryMs;
    let status: number | undefined;
    while (status !== 200 && Date.now() < deadline) [status] = await callsMade(1);
    assert.equal(status, 200);
    await heldAgainst(state(), provider, 20);
  });
}

function optionsWith(caFile: string): Partial<StackOptions> {
  const { providers, models, egress } = exampleOptions();
  const priced = models.map((model) => ({
    ...model,
    deployments: model.deployments.map((each) => ({ ...each, price })),
  }));
  return {
    providers: providers.map((each) => ({ ...each, caFile })),
    models: priced,
    egress: { ...egress, unsafeAllowAddresses: [`${providerAddress}:443`], at: defaultPlace() },
  };
}

const invoice: TestProvider['respond'] = (_, response) => {
  const content = [{ type: 'text', text: 'good morning' }];
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, usage };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...message, stop_reason: 'end_turn', stop_sequence: null }));
};

/** Every request that the provider got is in the ledger once, for no less than it asks. */
async function heldAgainst(stateDir: string, provider: TestProvider, count: number) {
  assert.equal(provider.requests.length, count);
  using book = new SpendBook(stateDir);
  const all = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER };
  const deadline = performance.now() + recoveryMs;
  // A settlement waits for nobody.
  while (book.total(all).calls < count && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const calls = book.calls(all, 1_000);
  for (const { headers } of provider.requests) {
    const id = String(headers['x-request-id']);
    const written = calls.filter(({ requestId }) => id.startsWith(requestId));
    assert.equal(written.length, 1, id);
    const [{ spentNanoUsd, how } = assert.fail(id)] = written;
    if (how === 'counted') assert.equal(spentNanoUsd, invoiced);
    else assert.ok(spentNanoUsd >= invoiced, `${how}: ${spentNanoUsd}`);
  }
  assert.equal(calls.length, count);
  return calls;
}
