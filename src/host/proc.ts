// Reads of /proc that several parts need: who is alive, since when, with which children.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Field 22 of /proc/PID/stat: with the pid it names one process, also after the pid is used again.
 * proc(5).
 */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses itself, so fields are counted after
    // the last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/**
 * Processes in the pid namespace whose first process is `pid`, the oldest first; empty once it is
 * gone. Not by number: numbers are used again, and a child may have a smaller one than its parent.
 */
export function processesInNamespaceOf(pid: number): number[] {
  const namespace = pidNamespace(pid);
  if (namespace === null) return [];
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const own = all.map(Number).filter((each) => pidNamespace(each) === namespace);
  const age = new Map(own.map((each) => [each, Number(startTicks(each) ?? 0)]));
  return own.toSorted((a, b) => (age.get(a) ?? 0) - (age.get(b) ?? 0) || a - b);
}

function pidNamespace(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
}

/** Zero when it has none or is gone. */
export function parentOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
