// Which mounts a service may have: what its plan names, and the read-only system every jail is
// built from.

import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import type { FoundMount } from './probes/files.ts';

export interface ExpectedMount {
  readonly writable: boolean;
  /** The host path the plan names as its source, or null where it names none. */
  readonly source: string | null;
}

/** Memory that belongs to the service alone; writing there touches nothing of the host. */
const scratch = ['/', '/run', inside.run, '/opt', '/var', '/tmp', '/dev', '/dev/shm', '/etc'];
const kernel = ['/proc', '/dev', '/sys/fs/cgroup'];
/**
 * What every driver brings of its own: Node, and our program part by part, never its whole folder.
 */
const program = [
  inside.node,
  ...['src', 'node_modules', 'package.json'].map((part) => `${inside.program}/${part}`),
];
const system = ['/usr', '/usr/lib', '/usr/lib64', '/lib', '/lib64', '/bin', '/sbin', '/opt/cache'];
const certificates = ['/etc/ssl/certs', '/usr/share/ca-certificates'];
const names = [
  'passwd',
  'group',
  'nsswitch.conf',
  'hosts',
  'hostname',
  'resolv.conf',
  'alternatives',
];
const privateTypes = new Set(['tmpfs', 'devpts', 'devtmpfs', 'mqueue', 'proc', 'sysfs', 'cgroup2']);

/** Null when neither the plan nor the system template has it. */
export function expectedMount(plan: ServicePlan, mount: FoundMount): ExpectedMount | null {
  const { target, type } = mount;
  const planned = plan.mounts.find((each) => each.target === target);
  if (planned) return { writable: !planned.readOnly, source: planned.source };
  if (plan.listens.some(({ folder }) => folder === target)) return { writable: true, source: null };
  if (plan.dials.some(({ folder }) => folder === target)) return readOnly;
  if (target === inside.state) return plan.state ? { writable: true, source: null } : null;
  if (told(plan).includes(target)) return readOnly;
  if (isDevice(target)) return { writable: true, source: null };
  if (kernel.some((each) => target === each || target.startsWith(`${each}/`))) {
    return { writable: privateTypes.has(type), source: null };
  }
  if (scratch.includes(target)) {
    // A whole file system of its own: what is bound from elsewhere shows as part of another.
    // bubblewrap makes the root in a folder of the file system it mounts for the purpose.
    const whole = mount.root === '/' || (target === '/' && mount.root === '/newroot');
    return privateTypes.has(type) && whole ? { writable: true, source: null } : null;
  }
  const template = [...program, ...system, ...certificates, ...names.map((name) => `/etc/${name}`)];
  return template.includes(target) ? readOnly : null;
}

const readOnly: ExpectedMount = { writable: false, source: null };

function told(plan: ServicePlan): string[] {
  return [
    inside.settings,
    inside.secrets,
    ...plan.secrets.map((name) => `${inside.secrets}/${name}`),
    ...plan.files.map(({ path }) => path),
  ];
}

/** bubblewrap binds these one by one; anyone may write to them. */
function isDevice(target: string): boolean {
  return /^\/dev\/(null|zero|full|random|urandom|tty|console)$/.test(target);
}
