// Which mounts a service may have: what its plan names, and the read-only system every jail is
// built from.

import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import { isDockersOwn } from './container-mounts.ts';
import type { FoundMount } from './probes/files.ts';

export interface ExpectedMount {
  readonly writable: boolean;
  /** The host path the plan names as its source, or null where it names none. */
  readonly source: string | null;
}

/** Memory that belongs to the service alone; writing there touches nothing of the host. */
const scratch = ['/', '/run', inside.run, '/opt', '/var', '/tmp', '/dev', '/dev/shm', '/etc'];
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
type Mounted = Pick<FoundMount, 'target' | 'type' | 'root'>;
const memoryTypes = new Set(['tmpfs', 'devtmpfs']);
const privateTypes = new Set(['tmpfs', 'devpts', 'devtmpfs', 'mqueue', 'proc', 'sysfs', 'cgroup2']);

/** Null when neither the plan nor the system template has it. */
export function expectedMount(plan: ServicePlan, mount: Mounted): ExpectedMount | null {
  const { target, type } = mount;
  const planned = plan.mounts.find((each) => each.target === target);
  if (planned) return { writable: !planned.readOnly, source: planned.source };
  if (plan.listens.some(({ folder }) => folder === target)) return { writable: true, source: null };
  if (plan.dials.some(({ folder }) => folder === target)) return readOnly;
  const kept = plan.folders?.find(({ at }) => at === target);
  if (kept !== undefined) {
    // Where a machine has no folder for it (Swarm), memory of its own stands in its place.
    const isItsOwn = type === 'tmpfs' && mount.root === '/';
    return { writable: isItsOwn || !kept.readOnly, source: null };
  }
  if (target === inside.state) return plan.state ? { writable: true, source: null } : null;
  if (told(plan).includes(target)) return readOnly;
  if (plan.container !== undefined && isDockersOwn(mount)) return readOnly;
  if (target === '/proc' || target.startsWith('/proc/')) return procMount(mount);
  if (target.startsWith('/dev/') && target !== '/dev/shm') return deviceMount(mount);
  if (target === '/sys/fs/cgroup') return readOnly;
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
    ...(plan.live === undefined ? [] : [inside.live]),
    ...(plan.live ?? []).map(({ path }) => path),
  ];
}

/**
 * The kernel's own, each part at its own place, or nothing at all in a part's place. Anything else
 * there would be out of sight: nobody looks for files below /proc.
 */
function procMount({ target, type, root }: Mounted): ExpectedMount | null {
  const own = type === 'proc' && root === (target === '/proc' ? '/' : target.slice('/proc'.length));
  const nothing = target !== '/proc' && memoryTypes.has(type) && /^(\/dev)?\/null$/.test(root);
  return own || nothing ? { writable: true, source: null } : null;
}

/** bubblewrap binds devices one by one, each under its name; anyone may write to these. */
function deviceMount({ target, type, root }: Mounted): ExpectedMount | null {
  const name = /^\/dev\/(null|zero|full|random|urandom|tty)$/.exec(target)?.[1];
  const device = name !== undefined && root.endsWith(`/${name}`);
  const console = target === '/dev/console' && type === 'devpts';
  const terminals = target === '/dev/pts' && type === 'devpts' && root === '/';
  const queues = target === '/dev/mqueue' && type === 'mqueue' && root === '/';
  return device || console || terminals || queues ? { writable: true, source: null } : null;
}
