// What is tried at the model proxy by whoever may call it. What it must refuse it refuses before a
// provider is asked: none of these spends anything.

import type { WireTable } from '../model.ts';
import { bodyAttacks, llmFramingAttacks, modelAttacks } from './bodies.ts';
import { noKeyAttacks, wrongKeyAttacks } from './keys.ts';
import { adminAttacks, otherApiAttacks, pathAttacks } from './paths.ts';

const table = { kind: 'wire', guard: 'llm' } as const;

export const llmTables: readonly WireTable[] = [
  {
    ...table,
    class: 'llm-keys',
    property: 'Only the key that a caller was given opens the way to a model.',
    attacks: [...noKeyAttacks, ...wrongKeyAttacks],
  },
  {
    ...table,
    class: 'llm-apis',
    property: 'Of a provider there are the calls of models, and nothing that keeps or takes files.',
    attacks: [...otherApiAttacks, ...pathAttacks],
  },
  {
    ...table,
    class: 'llm-administration',
    property: "The agent's key administers nothing.",
    attacks: adminAttacks,
  },
  {
    ...table,
    class: 'llm-models',
    property: 'A model that is not configured is not asked.',
    attacks: modelAttacks,
  },
  {
    ...table,
    class: 'llm-bodies',
    property: 'A body is read in one way or not at all.',
    attacks: [...bodyAttacks, ...llmFramingAttacks],
  },
];
