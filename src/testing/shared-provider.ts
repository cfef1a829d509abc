// What the tests of one file share that call the model proxy: one provider, and where they want it
// one proxy before it, started and stopped with the file.

import { after, beforeEach } from 'node:test';
import { startProvider, type TestProvider } from './provider.ts';
import {
  type LlmStack,
  providerHost,
  type StackChoices,
  startLlmStack,
  testPrice,
} from './provider-stack.ts';

type More = Readonly<Record<string, unknown>>;

/** Before each test it answers in its own way again. */
export async function sharedProvider(): Promise<TestProvider> {
  const provider = await startProvider([providerHost]);
  beforeEach(() => {
    provider.respond = null;
  });
  after(() => provider[Symbol.asyncDispose]());
  return provider;
}

export async function sharedStack(choices: StackChoices): Promise<LlmStack> {
  const stack = await startLlmStack(choices);
  after(() => stack[Symbol.asyncDispose]());
  return stack;
}

/** Settings with each provider of a kind, by its name. */
export function ofKinds(
  input: Record<string, unknown>,
  kinds: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const providers = input.providers as readonly { readonly name: string }[];
  return { ...input, providers: providers.map((one) => ({ ...one, kind: kinds[one.name] })) };
}

/** A deployment at the Anthropic-like provider, at the tests' price. */
export function deployment(model: string, more: More = {}): More {
  return { provider: 'claude', model, price: testPrice, outputTokensMax: 1_000, ...more };
}
