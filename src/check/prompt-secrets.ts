// Secrets of the stack do not leave it in a prompt unnoticed.

import type { Check } from './check.ts';

export const promptSecrets: Check = {
  id: 'prompt-secrets',
  invariant: 'Every secret is looked for in what goes to a provider.',
  because:
    'What an agent has read it may repeat: a token in a prompt is known to who answers it, and to ' +
    'who reads their logs.',
  *find({ topology, secrets }) {
    const held = new Set(topology.services.flatMap(({ holds }) => holds));
    for (const { name: about, run, holds, at } of topology.services) {
      if (run.role !== 'llm') continue;
      if (run.rules.guards.secrets === 'off') {
        yield {
          ...{ severity: 'warning', about, at },
          message: 'secrets are not looked for in prompts',
          fix: 'Write guards: { secrets: mask }, or take `secrets` out.',
        };
        continue;
      }
      const marked = topology.secrets.flatMap(({ name, source }) =>
        source.kind === 'marks' && holds.includes(name) ? source.of : [],
      );
      const known = new Set([...holds, ...marked.map(({ name }) => name)]);
      for (const { name, at: declared } of secrets.values()) {
        if (known.has(name) || !held.has(name)) continue;
        yield {
          ...{ severity: 'warning', about: name, at: declared },
          message: `${name} is not looked for in prompts: llm neither holds it nor has a mark of it`,
          fix: 'Let its mark be made: add it to those that secret-marks is of.',
        };
      }
    }
  },
};
