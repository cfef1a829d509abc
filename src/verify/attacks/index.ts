// All tables of attacks. Adding one is one file and one line.

import { egressTables } from './egress/tables.ts';
import { ingressTables } from './ingress/tables.ts';
import { llmTables } from './llm/tables.ts';
import type { AttackTable } from './model.ts';

export const attackTables: readonly AttackTable[] = [
  ...egressTables,
  ...llmTables,
  ...ingressTables,
];
