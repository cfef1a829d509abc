// The model proxy between a test and the tests' provider: real listener, real egress proxy or a
// socket straight to the provider, secrets and ledger in a folder of its own.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../kit/running.ts';
import { systemWorld, type World } from '../kit/world.ts';
import { llmRole } from '../roles/llm/serve.ts';
import { type LlmSettings, llmSettings } from '../roles/llm/settings.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { freePort } from './free-port.ts';
import { startProvider, type TestProvider } from './provider.ts';

export const providerHost = 'provider.test';
export const virtualKey = 'vk-test-0123456789abcdef';
export const otherKey = 'vk-other-0123456789abcdef';
export const realKey = 'sk-real-THE-PROVIDERS-OWN-KEY';

/** Prices in nano-dollars a token: 3 dollars in, 15 out, per million. */
export const testPrice = { inputNanoUsd: 3_000, outputNanoUsd: 15_000 };

export interface LlmStack extends AsyncDisposable {
  /** Of the listener made for the caller `gateway`. */
  readonly url: string;
  /** Of the listener made for the caller `other`. */
  readonly otherUrl: string;
  readonly provider: TestProvider;
  readonly running: Running;
  readonly telemetry: Telemetry;
  /** Log lines so far, parsed. */
  readonly lines: readonly Record<string, unknown>[];
  readonly folder: string;
  readonly settings: LlmSettings;
}

export interface StackChoices {
  /** Changes to the settings, before they are checked. */
  readonly settings?: (input: Record<string, unknown>) => Record<string, unknown>;
  readonly world?: World;
  /** The egress proxy's address; without one the provider is dialled straight. */
  readonly egress?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Keep another stack's folder: its ledger goes on. */
  readonly folder?: string;
  readonly provider?: TestProvider;
}

export async function startLlmStack(choices: StackChoices = {}): Promise<LlmStack> {
  const provider = choices.provider ?? (await startProvider([providerHost]));
  const prepared = await prepareLlm(provider, choices);
  const { settings, folder } = prepared;
  const world = choices.world ?? systemWorld();
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const telemetry = createTelemetry('llm', 'llm', write, () => world.now());
  const removeFolder = async () => {
    if (choices.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  const running = await llmRole.serve(settings, world, telemetry).catch(async (error) => {
    await removeFolder();
    throw error;
  });
  const [own, other] = settings.listen.map(({ address }) => address.replace('tcp:', 'http://'));
  return {
    url: own ?? '',
    otherUrl: other ?? '',
    provider,
    running,
    telemetry,
    lines,
    folder,
    settings,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      if (choices.provider === undefined) await provider[Symbol.asyncDispose]();
      await removeFolder();
    },
  };
}

/** Writes secrets, CA and checked settings into a folder, without starting anything. */
export async function prepareLlm(
  provider: TestProvider,
  choices: StackChoices,
): Promise<{ readonly settings: LlmSettings; readonly folder: string }> {
  const folder = choices.folder ?? (await mkdtemp(join(tmpdir(), 'clincher-llm-')));
  const [secretsDir, stateDir] = [join(folder, 'secrets'), join(folder, 'state')];
  const caFile = join(folder, 'ca.pem');
  await mkdir(secretsDir, { recursive: true });
  await mkdir(stateDir, { recursive: true });
  await writeFile(caFile, provider.caPem);
  const secrets = choices.secrets ?? {
    'agent-key': virtualKey,
    'other-key': otherKey,
    'provider-claude-key': realKey,
    'provider-gpt-key': `${realKey}\n`,
  };
  for (const [name, value] of Object.entries(secrets))
    await writeFile(join(secretsDir, name), value);
  const dial =
    choices.egress === undefined
      ? { direct: `tcp:127.0.0.1:${provider.port}` }
      : { egress: choices.egress };
  const input = {
    service: 'llm',
    admin: [],
    listen: [
      { address: `tcp:127.0.0.1:${await freePort()}`, caller: 'gateway' },
      { address: `tcp:127.0.0.1:${await freePort()}`, caller: 'other' },
    ],
    ...baseRules(provider.port),
    dial: { claude: dial, gpt: dial },
    caFiles: { claude: caFile, gpt: caFile },
    secretsDir,
    stateDir,
  };
  return { settings: llmSettings.parse(choices.settings?.(input) ?? input), folder };
}

function baseRules(port: number) {
  const baseUrl = `https://${providerHost}:${port}`;
  const provider = (name: string, dialect: string) => ({
    name,
    dialect,
    baseUrl,
    key: `provider-${name}-key`,
    keyHint: `env:${name.toUpperCase()}_API_KEY`,
  });
  const model = (name: string, from: string, real: string) => ({
    name,
    deployments: [{ provider: from, model: real, price: testPrice, outputTokensMax: 1_000 }],
  });
  return {
    providers: [provider('claude', 'anthropic'), provider('gpt', 'openai')],
    models: [model('sonnet', 'claude', 'claude-real-1'), model('mini', 'gpt', 'gpt-real-1')],
    keys: [
      { name: 'agent', secret: 'agent-key', caller: 'gateway' },
      { name: 'other', secret: 'other-key', caller: 'other' },
    ],
    budgets: [{ limitNanoUsd: 10_000_000_000, window: 'day', at: 'clincher.yaml:4:1' }],
  };
}
