// Settings that contradict themselves are refused at the start, not at some call hours later.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ClincherError } from '../../kit/error.ts';
import { startProvider, type TestProvider } from '../../testing/provider.ts';
import { startLlmStack } from '../../testing/provider-stack.ts';

let provider: TestProvider;
before(async () => {
  provider = await startProvider(['provider.test']);
});
after(() => provider[Symbol.asyncDispose]());

type Settings = Record<string, unknown>;

/** The first model, changed. */
function withModel(more: Settings) {
  return (input: Settings): Settings => {
    const [first, ...rest] = input.models as Settings[];
    return { ...input, models: [{ ...first, ...more }, ...rest] };
  };
}

const contradictions: readonly [
  name: string,
  change: (input: Settings) => Settings,
  said: RegExp,
][] = [
  ['a provider without a way', (input) => ({ ...input, dial: {} }), /no way to dial/],
  ['a model of no provider', (input) => ({ ...input, providers: [] }), /not there/],
  ['a CA file that is not there', (input) => ({ ...input, caFiles: { gpt: '/gone' } }), /CA file/],
  [
    'a fallback that is no model',
    withModel({ fallbacks: { general: ['gone'] } }),
    /falls back to gone/,
  ],
  ['an alias that is taken', withModel({ aliases: ['mini'] }), /two models are called mini/],
  [
    'two deployments of one id',
    withModel({ deployments: ['a', 'b'].map((model) => ({ provider: 'gpt', model, id: 'x' })) }),
    /two deployments have the id x/,
  ],
  // Whoever listens between egress and the provider would read the key.
  [
    'a key over plain HTTP through egress',
    (input) => ({
      ...input,
      dial: { claude: { egress: 'tcp:127.0.0.1:1' }, gpt: { egress: 'tcp:127.0.0.1:1' } },
      providers: (input.providers as Settings[]).map((one) => ({
        ...one,
        baseUrl: 'http://provider.test',
      })),
    }),
    /unencrypted/,
  ],
];

for (const [name, settings, said] of contradictions) {
  test(`settings with ${name} are refused at the start`, async () => {
    const start = startLlmStack({ provider, settings });
    await assert.rejects(start, (error: Error) => {
      assert.ok(error instanceof ClincherError && error.code === 'settings-invalid');
      assert.match(error.message, said);
      return true;
    });
  });
}
