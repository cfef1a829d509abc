// What a jail's argv depends on beyond the plan: which of the kernel's files and folders exist
// here.

import { existsSync } from 'node:fs';

export interface MachineFacts {
  /**
   * Files below /proc that must not be written, although a jail started by root runs as the owner
   * of them.
   */
  readonly procReadOnly: readonly string[];
  /** Files below /proc that are hidden: they tell about the host. */
  readonly procHidden: readonly string[];
}

// A jail started by real root has root's host user without any capability. The files below
// /proc/sys belong to that user, and writing one (core_pattern) would be a way out: found by
// trying. Container runtimes keep the same two lists.
const readOnly = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi', 'mtrr', 'driver'];
const hidden = ['kcore', 'kmsg', 'keys', 'timer_list', 'slabinfo', 'vmallocinfo', 'sched_debug'];
const hiddenPages = ['kpagecount', 'kpageflags', 'kpagecgroup', 'pagetypeinfo', 'kallsyms'];

export function readMachineFacts(exists: (path: string) => boolean = existsSync): MachineFacts {
  const present = (names: readonly string[]) => names.map((name) => `/proc/${name}`).filter(exists);
  return { procReadOnly: present(readOnly), procHidden: present([...hidden, ...hiddenPages]) };
}
