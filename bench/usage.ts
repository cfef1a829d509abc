// What the operating system says a process and its children have used: steadier than time on a
// shared machine, and fair to programs of several processes.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of CPU time so far, user and system: proc(5), fields 14 and 15 of stat. */
export function cpuSecondsOf(pid: number): number {
  return familyOf(pid).reduce((seconds, one) => {
    const fields = statOf(one);
    return seconds + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }, 0);
}

export function residentBytesOf(pid: number): number {
  return familyOf(pid).reduce((bytes, one) => {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'));
    return bytes + Number(line?.[1] ?? 0) * 1_024;
  }, 0);
}

/** The process and all below it. */
function familyOf(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statOf(Number(name))[1])]),
  );
  const family = [pid];
  for (const one of family) {
    family.push(...[...parents].filter(([, parent]) => parent === one).map(([child]) => child));
  }
  return family;
}

/** The fields after the name, which may hold spaces; none where the process is gone. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
