// Whether what a service may use is bounded as planned: files and processes of each process,
// memory, processes and processor time of all together.

import { dataBytesMax } from '../plan/data-bytes.ts';
import { type Right, right } from './process-rights.ts';
import type { Surveyed } from './survey.ts';

/**
 * Memory and processes are bounded by the service's control group, or by the limits of each of its
 * processes where the driver may make no group.
 */
export function limitRights({ plan, inspection }: Surveyed): Right[] {
  const { memoryBytesMax, processesMax, cpusMax, filesMax } = plan.limits;
  const group = inspection.groupLimits ?? { memoryBytes: null, processes: null, cpus: null };
  // Another look at the same time has its probes in there, bounded by their deadlines.
  const own = inspection.processes.filter(({ joined }) => !joined);
  const each = (is: (one: (typeof own)[number]) => number, max: number) =>
    own
      .filter((one) => is(one) > max)
      .map((one) => `process ${one.pid}: ${amount(is(one))}, and not ${max}`);
  const isBound = (value: number | null, max: number) => value !== null && value <= max;
  const isMemory = isBound(group.memoryBytes, memoryBytesMax);
  const memory = isMemory ? [] : each(({ limits }) => limits.dataBytes, dataBytesMax(plan.limits));
  const isCount = isBound(group.processes, processesMax);
  const processes = isCount ? [] : each(({ limits }) => limits.processes, processesMax);
  // Without a group of its own nothing bounds it but the scheduler; `up` says so of such a machine.
  const isTime = !isMemory || isBound(group.cpus, cpusMax);
  const time = isTime ? [] : [`${amount(group.cpus)}, and not ${cpusMax}`];
  return [
    right(
      'more open files than planned',
      each(({ limits }) => limits.files, filesMax),
      `${filesMax}`,
    ),
    right('more memory than planned', memory, `${memoryBytesMax} bytes`),
    right('more processes than planned', processes, `${processesMax}`),
    right(
      'more processor time than planned',
      time,
      isMemory ? `${cpusMax}` : 'in no group: the scheduler alone shares it out',
    ),
  ];
}

function amount(value: number | null): string {
  return value === null || !Number.isFinite(value) ? 'no bound' : `${value}`;
}
