// How long all checks take on 1,000 services with 10,000 edges: `node bench/check.ts`.

import { runChecks } from '../src/check/index.ts';
import { wideTopology } from '../src/testing/wide-topology.ts';

const topology = wideTopology(1_000, 10_000);
const times: number[] = [];
let findings = 0;
for (let round = 0; round < 15; round++) {
  const start = process.cpuUsage();
  findings = runChecks(topology).length;
  const { user, system } = process.cpuUsage(start);
  times.push((user + system) / 1_000);
}
times.sort((a, b) => a - b);
const shown = (at: number) => (times[at] ?? Number.NaN).toFixed(1);
process.stdout.write(
  `${topology.services.length} services, ${topology.edges.length} edges, ${findings} findings: ` +
    `median ${shown(7)} ms of CPU time, worst (the first, not yet warm) ${shown(14)} ms\n`,
);
