// What one verification costs, and whether it says the same each time:
// `node bench/verify.ts [--runs N] [--attacks] [--html FILE] [--json FILE]`. The default stack in
// real jails, a small program in the agent's place, in a network of its own, canaries where the
// world would be.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openOutside } from '../src/testing/canary-outside.ts';
import { exampleOptions } from '../src/testing/example-options.ts';
import { prepareNetwork } from '../src/testing/netns.ts';
import { bringUpVerified, inJails } from '../src/testing/verified-stack.ts';
import type { Report } from '../src/verify/model.ts';
import { pageOf } from '../src/verify/page/page.ts';
import { makeReportKey, signReport } from '../src/verify/signature.ts';
import { verify } from '../src/verify/verify.ts';
import { inNamespace } from './namespace.ts';

const ticksPerSecond = 100;

async function main(
  runs: number,
  attacks: boolean,
  files: { html?: string; json?: string },
): Promise<void> {
  prepareNetwork({});
  await using _outside = await openOutside();
  const sandbox = { ...exampleOptions().sandbox, backend: 'ssh' as const };
  await using stack = await bringUpVerified(inJails({ sandbox }));
  const { topology, plan, driver, secrets, stateDir } = stack;
  const options = { secrets, forbiddenPaths: [stateDir], attacks };
  const reports: Report[] = [];
  for (let run = 0; run < runs; run += 1) {
    const before = cpuSeconds();
    const report = await verify(topology, plan, driver, options);
    reports.push(report);
    const [seconds, cpu] = [report.durationMs / 1_000, cpuSeconds() - before];
    const share = ((cpu / 3_600) * 100).toFixed(2);
    say(
      `run ${run + 1}: ${report.rows.length} rows, ${report.counts.difference} differ, ` +
        `${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU (hourly ${share} % of a core)`,
    );
  }
  const [first] = reports;
  const same = reports.every((each) => whatIsSaid(each) === whatIsSaid(first));
  say(same ? 'every run says the same, in the same order' : 'the runs say different things');
  process.exitCode = same && first?.exitCode === 0 ? 0 : 1;
  const last = reports.at(-1);
  if (last === undefined) return;
  const signed = signReport(last, makeReportKey());
  if (files.html !== undefined) writeFileSync(files.html, pageOf(signed));
  if (files.json !== undefined) writeFileSync(files.json, JSON.stringify(signed, null, 2));
}

/** All but when, and how many files there were to search at the time. */
function whatIsSaid(report: Report | undefined): string {
  return JSON.stringify(report?.rows.map(({ evidence: _, ...row }) => row));
}

/** Of this process and all it has waited for: proc_pid_stat(5), fields 14 to 17. */
function cpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values } = parseArgs({
  options: {
    attacks: { type: 'boolean' },
    runs: { type: 'string' },
    html: { type: 'string' },
    json: { type: 'string' },
  },
});
const files = Object.fromEntries(
  [['html', values.html] as const, ['json', values.json] as const].flatMap(([name, file]) =>
    file === undefined ? [] : [[name, resolve(file)]],
  ),
);
await inNamespace(() => main(Number(values.runs ?? 3), values.attacks === true, files));
