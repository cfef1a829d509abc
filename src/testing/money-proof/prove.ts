// The money proof as a whole: two providers with an invoice, the real process between them and the
// histories, and the sums at the end.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisDial } from '../../roles/llm/shared/settings.ts';
import { startProvider } from '../provider.ts';
import { prepareLlm } from '../provider-stack.ts';
import { startRedis, type TestRedis } from '../redis-server.ts';
import { type BillingProvider, startBilling } from './billing-provider.ts';
import { chanceFrom } from './chance.ts';
import { checkAll, type Instance, type Proof } from './check-history.ts';
import { newTally, runHistory, type Tally } from './histories.ts';
import { ProvedProcess } from './proved-process.ts';

export interface ProofChoices {
  readonly seed: number;
  readonly histories: number;
  /** Of the histories, how many are cut by a kill: 0 to 1. */
  readonly killShare: number;
  /** Two instances that share their budgets over a Redis. */
  readonly shared: boolean;
  readonly said?: (tally: Tally) => void;
}

export interface Proved {
  readonly tally: Tally;
  readonly starts: number;
  readonly spent: number;
  readonly billed: number;
  /** Calls whose row and invoice are the same to the nano-dollar. */
  readonly exact: number;
}

const masterKey = 'sk-master-of-the-proof-0123456789';
const declaredKey = 'vk-of-the-proof-0123456789';
const search = { webSearchNanoUsd: 100_000, useTokensMax: 300 };
const manners = {
  a: {
    name: 'a',
    stops: true,
    prices: {
      ...{ inputNanoUsd: 300, outputNanoUsd: 1_500, cacheReadNanoUsd: 30 },
      ...{ cacheWriteNanoUsd: 375, cacheWrite1hNanoUsd: 600, ...search },
    },
  },
  b: {
    name: 'b',
    stops: false,
    prices: {
      ...{ inputNanoUsd: 900, outputNanoUsd: 4_500, cacheReadNanoUsd: 90 },
      ...{ cacheWriteNanoUsd: 1_125, cacheWrite1hNanoUsd: 1_800, ...search },
    },
  },
} as const;

/** @throws AssertionError where a promise was broken; its message names the history */
export async function proveMoney(choices: ProofChoices): Promise<Proved> {
  const { seed, histories, killShare } = choices;
  const chance = chanceFrom(seed);
  await using a = await startBilling(manners.a, chance);
  await using b = await startBilling(manners.b, chance);
  await using redis = choices.shared ? await startRedis() : null;
  const folder = await mkdtemp(join(tmpdir(), 'clincher-proof-'));
  await using running = new AsyncDisposableStack();
  try {
    const proof = await prepare(folder, a, b, redis, histories);
    for (const { process } of proof.instances) {
      running.use(process);
      await process.start();
    }
    const tally = newTally();
    for (let index = 0; index < histories; index++) {
      const name = `h${index}`;
      try {
        await runHistory(proof, name, chance, tally, killShare);
      } catch (error) {
        const faults = proof.instances.flatMap(({ process }) => process.faults);
        const said = `history ${index} of seed ${seed} failed; what was said: ${faults.join('; ')}`;
        throw new Error(said, { cause: error });
      }
      choices.said?.(tally);
    }
    // The last word is that of a process that was killed and has read everything again.
    let starts = 0;
    for (const { process } of proof.instances) {
      await process.kill();
      await process.start();
      starts += process.starts;
    }
    // A request that fails in the process itself is answered like a provider's failure.
    const faults = proof.instances.flatMap(({ process }) => process.faults);
    assert.deepEqual(faults.filter(isOwnFault), [], `of seed ${seed}`);
    return { tally, starts, ...checkAll(proof) };
  } finally {
    await running.disposeAsync();
    await rm(folder, { recursive: true, force: true });
  }
}

function isOwnFault(line: string): boolean {
  return /"event":"(?:request-failed|reservation-too-small)"/.test(line);
}

async function prepare(
  folder: string,
  a: BillingProvider,
  b: BillingProvider,
  redis: TestRedis | null,
  histories: number,
): Promise<Proof> {
  await using unused = await startProvider([], { tls: false });
  // So tight that they end some time before the histories do.
  const limits = {
    all: histories * 12_000_000,
    session: 60_000_000,
    providers: { b: histories * 5_000_000 },
  };
  const instance = async (name: string): Promise<Instance> => {
    const own = join(folder, name);
    await mkdir(own);
    const shared =
      redis === null
        ? null
        : { url: 'redis://redis', instance: name, instances: 2, timeoutMs: 200 };
    const { settings } = await prepareLlm(unused, {
      folder: own,
      secrets: { 'agent-key': declaredKey, 'master-key': masterKey },
      settings: (input) => ({ ...input, ...rules(a, b, redis, limits), redis: shared }),
    });
    const settingsFile = join(own, 'settings.json');
    await writeFile(settingsFile, JSON.stringify(settings));
    const url = settings.listen[0]?.address.replace('tcp:', 'http://') ?? '';
    return { url, stateDir: settings.stateDir, process: new ProvedProcess(settingsFile) };
  };
  const first = await instance('one');
  const others = redis === null ? [] : [await instance('other')];
  return {
    ...{ instances: [first, ...others], redis, masterKey, key: declaredKey, limits },
    providers: [a, b],
  };
}

function rules(
  a: BillingProvider,
  b: BillingProvider,
  redis: TestRedis | null,
  limits: Proof['limits'],
) {
  const provider = (name: 'a' | 'b') => ({
    kind: manners[name].stops ? 'anthropic' : 'anthropic-compatible',
    ...{ name, dialect: 'anthropic', baseUrl: `http://${name}.test`, key: null, keyHint: '' },
  });
  const at = (name: 'a' | 'b', group: string) => ({
    ...{
      id: `${group} at ${name}`,
      provider: name,
      model: `${name}-1`,
      price: manners[name].prices,
      outputTokensMax: 4_000,
    },
  });
  const quick = { cooldown: { failuresMax: 0, ms: 1 }, firstByteMs: 60 };
  const window = 'total';
  return {
    providers: [provider('a'), provider('b')],
    models: [
      { name: 'main', deployments: [at('a', 'main'), at('b', 'main')], ...quick },
      {
        ...quick,
        name: 'single',
        deployments: [at('a', 'single')],
        fallbacks: { general: ['backup'] },
      },
      {
        ...quick,
        name: 'twice',
        deployments: [at('a', 'twice'), at('b', 'twice')],
        retryBilled: true,
      },
      { ...quick, name: 'backup', deployments: [at('b', 'backup')] },
    ],
    dial: {
      ...{ a: { direct: `tcp:127.0.0.1:${a.port}` }, b: { direct: `tcp:127.0.0.1:${b.port}` } },
      ...(redis === null ? {} : { [redisDial]: { direct: redis.address } }),
    },
    caFiles: {},
    budgets: [
      { limitNanoUsd: limits.all, window },
      { by: 'session', limitNanoUsd: limits.session, window },
      { by: 'provider', name: 'b', limitNanoUsd: limits.providers.b, window },
    ],
    masterKey: 'master-key',
    routing: { retryWaitMs: 1 },
  };
}
