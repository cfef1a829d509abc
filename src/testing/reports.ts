// Reports for tests, of rows that a test has made: of the example topology, and signed where asked.

import { makePlan } from '../plan/make-plan.ts';
import type { Report, Row } from '../verify/model.ts';
import { type Run, reportOf } from '../verify/report.ts';
import type { SignedReport } from '../verify/report-schema.ts';
import { makeReportKey, signReport } from '../verify/signature.ts';
import { exampleMachine } from './example-machine.ts';
import { exampleTopology } from './example-topology.ts';

/** `services` are those of its columns; rows may speak of others. */
export function reported(
  rows: readonly Row[],
  { services = ['gateway', 'llm'], ...run }: Partial<Run> & { services?: readonly string[] } = {},
): Report {
  const topology = exampleTopology({ services: [], edges: [] });
  const plan = makePlan(topology, exampleMachine());
  const some = plan.services.filter(({ name }) => services.includes(name));
  const ordered = some.toSorted((a, b) => services.indexOf(a.name) - services.indexOf(b.name));
  return reportOf(
    rows,
    topology,
    { ...plan, services: ordered },
    { startedAt: Date.UTC(2026, 0, 2, 3, 4, 5), durationMs: 1, ...run },
  );
}

export function signed(rows: readonly Row[], key = makeReportKey()): SignedReport {
  return signReport(reported(rows), key);
}
