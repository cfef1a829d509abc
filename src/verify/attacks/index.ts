// All tables of attacks. Adding one is one file and one line.

import { adminTables } from './admin/tables.ts';
import { dockerTables } from './docker/tables.ts';
import { egressTables } from './egress/tables.ts';
import { ingressTables } from './ingress/tables.ts';
import { kernelTables } from './kernel/tables.ts';
import { llmTables } from './llm/tables.ts';
import type { AttackTable } from './model.ts';
import { pathTables } from './paths/tables.ts';
import { sandboxTables } from './sandbox/tables.ts';
import { slowTables } from './slow/tables.ts';
import { toldTables } from './told/tables.ts';
import { twinTables } from './twin/tables.ts';

export const attackTables: readonly AttackTable[] = [
  ...egressTables,
  ...llmTables,
  ...dockerTables,
  ...ingressTables,
  ...adminTables,
  ...slowTables,
  ...toldTables,
  ...kernelTables,
  ...pathTables,
  ...sandboxTables,
  ...twinTables,
];
