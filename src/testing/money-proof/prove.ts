// The money proof as a whole: two providers with an invoice, the real process between them and the
// histories, and the sums at the end.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProvider } from '../provider.ts';
import { prepareLlm } from '../provider-stack.ts';
import { type BillingProvider, startBilling } from './billing-provider.ts';
import { chanceFrom } from './chance.ts';
import { checkAll, type Proof } from './check-history.ts';
import { newTally, runHistory, type Tally } from './histories.ts';
import { ProvedProcess } from './proved-process.ts';

export interface ProofChoices {
  readonly seed: number;
  readonly histories: number;
  /** Of the histories, how many are cut by a kill: 0 to 1. */
  readonly killShare: number;
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
const prices = {
  a: { inputNanoUsd: 300, outputNanoUsd: 1_500, cacheReadNanoUsd: 30, cacheWriteNanoUsd: 375 },
  b: { inputNanoUsd: 900, outputNanoUsd: 4_500, cacheReadNanoUsd: 90, cacheWriteNanoUsd: 1_125 },
};

/** @throws AssertionError where a promise was broken; its message names the history */
export async function proveMoney(choices: ProofChoices): Promise<Proved> {
  const { seed, histories, killShare } = choices;
  const chance = chanceFrom(seed);
  await using a = await startBilling('a', prices.a, chance);
  await using b = await startBilling('b', prices.b, chance);
  const folder = await mkdtemp(join(tmpdir(), 'clincher-proof-'));
  try {
    const proof = await prepare(folder, a, b, histories);
    await using running = proof.process;
    await running.start();
    const tally = newTally();
    for (let index = 0; index < histories; index++) {
      const name = `h${index}`;
      try {
        await runHistory(proof, name, chance, tally, killShare);
      } catch (error) {
        throw new Error(`history ${index} of seed ${seed} failed`, { cause: error });
      }
      choices.said?.(tally);
    }
    // The last word is that of a process that was killed and has read everything again.
    await running.kill();
    await running.start();
    return { tally, starts: running.starts, ...checkAll(proof) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(
  folder: string,
  a: BillingProvider,
  b: BillingProvider,
  histories: number,
): Promise<Proof> {
  await using unused = await startProvider([], { tls: false });
  // So tight that they end some time before the histories do.
  const limits = {
    all: histories * 12_000_000,
    session: 20_000_000,
    providers: { b: histories * 5_000_000 },
  };
  const { settings } = await prepareLlm(unused, {
    folder,
    secrets: { 'agent-key': 'vk-not-used-0123456789', 'master-key': masterKey },
    settings: (input) => ({ ...input, ...rules(a, b, limits) }),
  });
  const settingsFile = join(folder, 'settings.json');
  await writeFile(settingsFile, JSON.stringify(settings));
  return {
    url: settings.listen[0]?.address.replace('tcp:', 'http://') ?? '',
    ...{ masterKey, stateDir: settings.stateDir, limits, providers: [a, b] },
    process: new ProvedProcess(settingsFile),
  };
}

function rules(a: BillingProvider, b: BillingProvider, limits: Proof['limits']) {
  const provider = (name: string) => ({
    ...{ name, dialect: 'anthropic', baseUrl: `http://${name}.test`, key: null, keyHint: '' },
  });
  const at = (name: 'a' | 'b', group: string) => ({
    ...{
      id: `${group} at ${name}`,
      provider: name,
      model: `${name}-1`,
      price: prices[name],
      outputTokensMax: 200,
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
    dial: { a: { direct: `tcp:127.0.0.1:${a.port}` }, b: { direct: `tcp:127.0.0.1:${b.port}` } },
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
