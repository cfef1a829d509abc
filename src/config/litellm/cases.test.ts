// Golden files: a config.yaml as people have it, and the rules that come of it or what is said.

import { ProblemsError } from '../../kit/located/problem.ts';
import { goldenCases } from '../../testing/golden.ts';
import { readLitellm } from './read-litellm.ts';

goldenCases(new URL('../../../cases/litellm/', import.meta.url), (input) => {
  const without = [...input.matchAll(/^# without (\S+)$/gm)].map(([, path]) => path ?? '');
  try {
    const { rules, secrets } = readLitellm(input, 'config.yaml', {
      without,
      budget: null,
      caller: 'client',
    });
    const { limits: _, ...rest } = rules;
    return JSON.stringify({ ...rest, secrets: Object.fromEntries(secrets) }, null, 2);
  } catch (error) {
    if (error instanceof ProblemsError) return error.message;
    throw error;
  }
});
