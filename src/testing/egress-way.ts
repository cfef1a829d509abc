// The real egress proxy between the model proxy and the tests' provider, as a stack has it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWorld } from '../kit/world.ts';
import { egressRole } from '../roles/egress/serve.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { startProvider, type TestProvider } from './provider.ts';
import { type LlmStack, providerHost, startLlmStack } from './provider-stack.ts';

export interface EgressWay extends AsyncDisposable {
  /** Where the model proxy finds it. */
  readonly address: string;
  /** Log lines so far, parsed. */
  readonly lines: readonly Record<string, unknown>[];
}

/** `allowed` may be dialled: what is in `leads` is the provider, the rest leads nowhere. */
export async function openEgressWay(
  provider: TestProvider,
  leads: readonly string[] = [providerHost],
  allowed: readonly string[] = leads,
): Promise<EgressWay> {
  const folder = await mkdtemp(join(tmpdir(), 'clincher-egress-'));
  const address = `unix:${join(folder, 'sock')}`;
  const lines: Record<string, unknown>[] = [];
  const settings = egressRole.settings.parse({
    service: 'egress',
    admin: [],
    listen: [{ address, caller: 'llm' }],
    rules: [{ caller: 'llm', hosts: allowed, ports: [provider.port] }],
    resolve: Object.fromEntries(leads.map((host) => [host, ['127.0.0.1']])),
    unsafeAllowAddresses: [`127.0.0.1:${provider.port}`],
  });
  const world = { ...systemWorld(), resolve: async () => [] };
  const write = (line: string) => void lines.push(JSON.parse(line));
  const egress = await egressRole.serve(
    settings,
    world,
    createTelemetry('egress', 'egress', write, Date.now),
  );
  return {
    address,
    lines,
    async [Symbol.asyncDispose]() {
      await egress[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The stack of startLlmStack() with a provider of its own, reached by the egress proxy alone. */
export async function startStackBehindEgress(): Promise<LlmStack> {
  await using opened = new AsyncDisposableStack();
  const provider = opened.use(await startProvider([providerHost]));
  const { address } = opened.use(await openEgressWay(provider));
  const stack = opened.use(await startLlmStack({ provider, egress: address }));
  const held = opened.move();
  return { ...stack, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
