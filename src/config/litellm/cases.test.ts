// Golden files: a config.yaml as people have it, and the rules that come of it or what is said.
// What is as it would be without the file is left out.

import { isDeepStrictEqual } from 'node:util';
import { ProblemsError } from '../../kit/located/problem.ts';
import { llmRules } from '../../roles/llm/settings.ts';
import { goldenCases } from '../../testing/golden.ts';
import { readLitellm } from './read-litellm.ts';

const plain = llmRules.parse({
  providers: [{ name: '-', dialect: 'openai', baseUrl: 'http://-', key: '-', keyHint: '-' }],
  models: [{ name: '-', deployments: [{ provider: '-', model: '-' }] }],
  keys: [{ name: '-', secret: '-', caller: '-' }],
  budgets: [{ limitNanoUsd: -0, window: 'total' }],
  rates: [{}],
});

/** A list's items are held against the one item of the plain list. */
function changed(value: unknown, usual: unknown): unknown {
  if (isDeepStrictEqual(value, usual)) return undefined;
  if (Array.isArray(value)) {
    const [item] = Array.isArray(usual) ? usual : [];
    return value.map((one) => (typeof one === 'object' ? changed(one, item) : one));
  }
  if (typeof value !== 'object' || value === null) return value;
  const of = (key: string) =>
    typeof usual === 'object' && usual !== null ? Reflect.get(usual, key) : undefined;
  const entries = Object.entries(value).map(([key, inner]) => [key, changed(inner, of(key))]);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

goldenCases(new URL('../../../cases/litellm/', import.meta.url), (input) => {
  const without = [...input.matchAll(/^# without (\S+)$/gm)].map(([, path]) => path ?? '');
  try {
    const [, name, count] = /^# instance (\w+)\/(\d)$/m.exec(input) ?? [];
    const instance = name === undefined ? null : { name, count: Number(count) };
    const reading = { without, budget: null, caller: 'client', instance };
    const { rules, secrets, cacheRedis } = readLitellm(input, 'config.yaml', reading);
    const shown = {
      ...(changed(rules, plain) as object),
      ...(cacheRedis === null ? {} : { cacheRedis }),
      secrets: Object.fromEntries(secrets),
    };
    return JSON.stringify(shown, null, 2);
  } catch (error) {
    if (error instanceof ProblemsError) return error.message;
    throw error;
  }
});
