// No service runs with more than its role's template, but what its own settings name.

import type { Mount, Rights, Service } from '../topology/model.ts';
import { templates } from '../topology/templates.ts';
import type { Check, Fault } from './check.ts';
import { isWithin } from './host-path.ts';

export const rights: Check = {
  id: 'rights',
  invariant: "No service runs with more than its role's template.",
  because: 'A right that is not needed is the one an attacker uses next.',
  *find({ topology }) {
    for (const service of topology.services) {
      for (const message of excess(service)) yield fault(service, message);
    }
  },
};

function* excess(service: Service): Iterable<string> {
  const has = service.rights;
  const may = templates[service.run.role];
  if (has.network === 'outside' && may.network === 'none') yield 'a network with a route out';
  for (const one of has.capabilities) {
    if (!may.capabilities.includes(one)) yield `the capability ${one}`;
  }
  for (const path of has.writable) {
    if (!may.writable.some((folder) => isWithin(path, folder))) yield `${path} writable`;
  }
  for (const mount of has.mounts) {
    if (!isNamed(mount, service, may)) {
      yield `the mount ${mount.source} at ${mount.target}${mount.readOnly ? '' : ', writable'}`;
    }
  }
  for (const [limit, unit] of limits) {
    if (!(has[limit] <= may[limit])) yield `${unit} ${has[limit]}, where ${may[limit]} is the most`;
  }
}

const limits = [
  ['memoryBytesMax', 'memory bytes'],
  ['cpusMax', 'processors'],
  ['processesMax', 'processes'],
  ['filesMax', 'open files'],
] as const;

/**
 * Host paths that the service's own settings name: the Docker socket, CA files, a model. Never
 * writable.
 */
function isNamed(mount: Mount, { run }: Service, may: Rights): boolean {
  const inTemplate = may.mounts.some(
    ({ source, target, readOnly }) =>
      source === mount.source && target === mount.target && readOnly === mount.readOnly,
  );
  if (inTemplate) return true;
  if (!mount.readOnly) return false;
  if (run.role === 'docker-proxy') return mount.source === run.dockerSocket;
  if (run.role === 'gateway') return mount.source === run.caFile;
  if (run.role === 'llm') {
    const named = [...Object.values(run.caFiles), ...Object.values(run.embedding ?? {})];
    return named.includes(mount.source);
  }
  return false;
}

function fault(service: Service, what: string): Fault {
  const { name, run, at } = service;
  return {
    severity: 'fatal',
    about: name,
    message: `${name} has more than a service of role ${run.role} needs: ${what}`,
    fix: 'Take the right away; where a role truly needs it, its template says so.',
    at,
  };
}
