// A model proxy killed in the middle of calls, and started again on the same ledger: nothing comes
// back that may have been spent.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { startProvider } from '../src/testing/provider.ts';
import { modelBody, worstOf } from '../src/testing/provider-calls.ts';
import { prepareLlm, providerHost, virtualKey } from '../src/testing/provider-stack.ts';

const program = new URL('../src/cli/serve.ts', import.meta.url).pathname;

/** The role in a process of its own, as a jail starts it; resolves when it serves. */
async function startProcess(settingsFile: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, 'llm', '--settings', settingsFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('"serving"')) break;
  }
  child.stderr.resume();
  assert.equal(child.exitCode, null);
  return child;
}

async function ask(url: string): Promise<number> {
  const headers = { 'x-api-key': virtualKey };
  const answer = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body: modelBody });
  await answer.text();
  return answer.status;
}

test('calls cut off by kill -9 are spent after the restart, and the rest of the budget is there', async () => {
  await using provider = await startProvider([providerHost]);
  const folder = await mkdtemp(join(tmpdir(), 'clincher-crash-'));
  const limitNanoUsd = 4 * worstOf(modelBody);
  const { settings } = await prepareLlm(provider, {
    folder,
    settings: (input) => ({ ...input, budgets: [{ limitNanoUsd, window: 'total' }] }),
  });
  const settingsFile = join(folder, 'settings.json');
  await writeFile(settingsFile, JSON.stringify(settings));
  const url = settings.listen[0]?.address.replace('tcp:', 'http://') ?? '';
  let child = await startProcess(settingsFile);
  try {
    provider.respond = () => {};
    const pending = [1, 2, 3].map(() => ask(url).catch(() => 0));
    await provider.received(3);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(await Promise.all(pending), [0, 0, 0]);

    child = await startProcess(settingsFile);
    // One more fits into what is left; it is not settled either, so the budget is at its end.
    const fourth = ask(url).catch(() => 0);
    await provider.received(4);
    assert.equal(await ask(url), 402);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await fourth, 0);

    child = await startProcess(settingsFile);
    assert.equal(await ask(url), 402);
    assert.equal(provider.requests.length, 4);
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});
