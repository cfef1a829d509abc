// The attacks of all tables on a running stack, through the driver's door alone, and whether the
// canary that waits for them met anyone.

import type { Driver } from '../drivers/driver.ts';
import type { Plan } from '../plan/model.ts';
import type { Topology } from '../topology/model.ts';
import { attackTables } from './attacks/index.ts';
import type { AttackTable } from './attacks/model.ts';
import { openCanaries } from './canary.ts';
import { runOnHost } from './host-probes.ts';
import { inTurns } from './in-turns.ts';
import { kernelRows, pathRows } from './inside-attacks.ts';
import { judge } from './judge.ts';
import type { Row } from './model.ts';
import { createProbes } from './probe-program.ts';
import { sandboxRows } from './sandbox-attacks.ts';
import { openSharedMemory } from './shared-memory.ts';
import { toldRows } from './told-attacks.ts';
import { type ChangeTwin, twinRows } from './twin-attacks.ts';
import { type Battlefield, wireRows } from './wire-attacks.ts';

const servicesAtOnce = 2;
/** A twin has some hundred calls made to it, one after the other where that is the trick. */
const twinDeadlineMs = 150_000;

/** Rows of every attack of these tables that this stack has a place for. */
export async function attackRows(
  topology: Topology,
  plan: Plan,
  driver: Driver,
  deadlineMs: number,
  tables: readonly AttackTable[] = attackTables,
  change?: ChangeTwin,
): Promise<Row[]> {
  await using canaries = await openCanaries();
  const within = (ms: number) =>
    createProbes((service, program, input, isApart) =>
      driver.probe(service, program, input, ms, isApart),
    );
  const inside = await within(deadlineMs);
  const outside = await createProbes((_, program, input) => runOnHost(program, input, deadlineMs));
  await using memory = await openSharedMemory(outside);
  const field: Battlefield = { topology, plan, inside, outside, canaries, memory };
  const patient: Battlefield = { ...field, inside: await within(twinDeadlineMs) };
  const wire = await wireRows(field, ofKind(tables, 'wire'));
  const told = await toldRows(field, ofKind(tables, 'told'), driver);
  const around = await inTurns(plan.services, servicesAtOnce, async (service) => [
    ...(await kernelRows(service.name, ofKind(tables, 'kernel'), field)),
    ...(await pathRows(service, ofKind(tables, 'path'), field)),
    ...(service.role === 'llm'
      ? await twinRows(service, ofKind(tables, 'twin'), patient, change)
      : []),
  ]);
  const commands = await sandboxRows(
    {
      kernel: ofKind(tables, 'kernel'),
      path: ofKind(tables, 'path'),
      sandbox: ofKind(tables, 'sandbox'),
    },
    field,
  );
  return [...wire, ...told, ...around.flat(), ...commands, canaryRow(canaries.contacts())];
}

function ofKind<Kind extends AttackTable['kind']>(tables: readonly AttackTable[], kind: Kind) {
  return tables.filter(
    (table): table is Extract<AttackTable, { kind: Kind }> => table.kind === kind,
  );
}

function canaryRow(contacts: number): Row {
  return judge({
    ...{ from: 'the attacks', to: 'host', via: 'attack', what: 'the canary they aim at' },
    ...{ declared: null, observed: contacts === 0 ? 'denied' : 'open' },
    evidence: `it was met ${contacts} times`,
    fix: 'A guard dialled what it must refuse; its log says which request did it.',
    attack: { class: 'canary', property: 'No attack arrives.', wanted: 'nobody comes' },
  });
}
