// The gateways that are compared, each with one model at the same provider; ours with key, budget,
// limits, metrics and record on.

import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, type Program, started } from '../process.ts';
import { benchKey, type Target } from './load.ts';

export interface Contender {
  readonly name: string;
  readonly target: Target;
  /** Null for the way straight through: nobody stands in between. */
  readonly process: Program | null;
  readonly readyMs: number;
}

export interface Setting {
  readonly folder: string;
  readonly providerPort: number;
  readonly programs: Readonly<Record<string, string>>;
  /** Where ours writes a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
}

const chatPath = '/v1/chat/completions';
const root = join(import.meta.dirname, '../..');

export const starters: Readonly<Record<string, (setting: Setting) => Promise<Contender>>> = {
  direct: async ({ providerPort }) => ({
    name: 'direct',
    target: { port: providerPort, path: chatPath, headers: {} },
    process: null,
    readyMs: 0,
  }),
  naive: async (setting) => {
    const port = await freePort();
    const args = [
      join(import.meta.dirname, 'naive.ts'),
      String(port),
      String(setting.providerPort),
    ];
    return startedAs('naive', setting, port, process.execPath, args);
  },
  clincher: (setting) => startOurs(setting),
  // Those that share their budgets through the Redis at `programs.redis`.
  single: (setting) => startOurs(setting, 'single', 1),
  left: (setting) => startOurs(setting, 'left', 2),
  right: (setting) => startOurs(setting, 'right', 2),
  portkey: async (setting) => {
    const port = await freePort();
    const args = [setting.programs.portkey ?? '', `--port=${port}`, '--headless'];
    const config = {
      provider: 'openai',
      api_key: 'x',
      custom_host: `http://127.0.0.1:${setting.providerPort}/v1`,
    };
    const headers = { 'x-portkey-config': JSON.stringify(config) };
    const env = { TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' };
    return startedAs('portkey', setting, port, process.execPath, args, headers, env);
  },
  litellm: startLitellm,
};

async function startOurs(setting: Setting, instance = '', instances = 0): Promise<Contender> {
  const port = await freePort();
  const folder = join(setting.folder, instance);
  const [secretsDir, stateDir] = ['secrets', 'state'].map((name) => join(folder, name));
  for (const one of [secretsDir, stateDir]) mkdirSync(one ?? '', { recursive: true });
  writeFileSync(join(folder, 'secrets/bench-key'), benchKey);
  writeFileSync(join(folder, 'secrets/provider-key'), `provider-${benchKey}`);
  const isShared = instances > 0;
  // On a busy machine a question to Redis waits for its turn, too.
  const shared = { url: 'redis://redis', timeoutMs: 5_000, prefix: `of-${instances}` };
  const price = { inputNanoUsd: 1_000, outputNanoUsd: 5_000 };
  const settings = {
    service: 'llm',
    admin: [],
    listen: [{ address: `tcp:127.0.0.1:${port}`, caller: 'bench' }],
    providers: [
      {
        name: 'bench',
        dialect: 'openai',
        baseUrl: `http://127.0.0.1:${setting.providerPort}`,
        key: 'provider-key',
        keyHint: 'bench',
      },
    ],
    models: [{ name: 'bench', deployments: [{ provider: 'bench', model: 'bench', price }] }],
    keys: [{ name: 'bench', secret: 'bench-key', caller: 'bench' }],
    budgets: [
      { limitNanoUsd: 9e15, window: 'day' },
      { by: 'key', limitNanoUsd: 8e15, window: 'month' },
    ],
    rates: [{ by: 'key', requestsPerMinute: 10_000_000, parallel: 10_000 }],
    limits: { requestsMax: 4_096, bodiesBytesMax: 1e9 },
    redis: isShared ? { ...shared, instance, instances } : null,
    dial: {
      bench: { direct: `tcp:127.0.0.1:${setting.providerPort}` },
      ...(isShared ? { 'redis.shared': { direct: setting.programs.redis } } : {}),
    },
    secretsDir,
    stateDir,
  };
  const file = join(folder, 'llm.json');
  writeFileSync(file, JSON.stringify(settings));
  // As the driver starts it: what was compiled once is compiled.
  const env = { NODE_COMPILE_CACHE: join(tmpdir(), 'clincher-bench-compiled') };
  const { profileDir } = setting;
  const profile =
    profileDir === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(profileDir)];
  const args = [...profile, join(root, 'src/cli/serve.ts'), 'llm', '--settings', file];
  return startedAs(instance || 'clincher', setting, port, process.execPath, args, {}, env);
}

async function startLitellm(setting: Setting): Promise<Contender> {
  const port = await freePort();
  const file = join(setting.folder, 'litellm.yaml');
  writeFileSync(
    file,
    `model_list:\n  - model_name: bench\n    litellm_params:\n      model: openai/bench\n` +
      `      api_base: http://127.0.0.1:${setting.providerPort}/v1\n      api_key: x\n` +
      `      input_cost_per_token: 0.000001\n      output_cost_per_token: 0.000005\n` +
      `general_settings:\n  master_key: ${benchKey}\nlitellm_settings:\n  telemetry: false\n`,
  );
  const args = ['--config', file, '--host', '127.0.0.1', '--port', String(port)];
  const env = { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' };
  return startedAs('litellm', setting, port, setting.programs.litellm ?? '', args, {}, env);
}

async function startedAs(
  name: string,
  { folder }: Setting,
  port: number,
  program: string,
  args: readonly string[],
  headers: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Contender> {
  const target = { port, path: chatPath, headers };
  return { name, target, ...(await started({ name, folder, port, program, args, env })) };
}
