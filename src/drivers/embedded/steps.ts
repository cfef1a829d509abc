// A planned service as data: the bubblewrap arguments that make its jail. Pure; jail.ts runs what
// is said here.

import type { HostPaths } from '../../host/host-paths.ts';
import { keptFolder } from '../../host/kept-folders.ts';
import type { ServicePlan, SocketFolder } from '../../plan/model.ts';
import { inside } from '../../plan/paths.ts';
import type { Installation } from './installation.ts';
import type { MachineFacts } from './machine-facts.ts';

export interface JailSpec {
  readonly service: string;
  /**
   * Options for bubblewrap, given on a descriptor: host paths do not show in any process's argv.
   */
  readonly options: readonly string[];
  /** What runs inside. */
  readonly argv: readonly string[];
}

/** Compiled code that the program inside reads at start; only the jail that makes it writes it. */
export interface CodeFolder {
  readonly folder: string;
  readonly writable: boolean;
}

const jailUser = '1000';
const mebibyte = 1024 * 1024;
/** Share of a service's memory that V8's heap may take; the rest is buffers, code and stacks. */
const heapShare = 0.75;

/**
 * `serveArgv` is what starts the service's role inside: [node, serve.ts, role, '--settings', file].
 * `bundle` is the host folder with settings.json, secrets/ and files/ of this start.
 */
export function jailSpec(
  service: ServicePlan,
  bundle: string,
  serveArgv: readonly string[],
  installation: Installation,
  paths: HostPaths,
  machine: MachineFacts,
  code: CodeFolder | null,
): JailSpec {
  return {
    service: service.name,
    options: [
      ...namespaces(service.name, service.network),
      ...environment(service, code),
      ...system(service, installation, code),
      ...etc(service, paths),
      ...kernelFiles(service, machine),
      ...reached(service, paths),
      ...told(service, bundle),
      // The root, /run and /dev are small memory file systems; nothing may be added to them.
      ...['--remount-ro', '/run', '--remount-ro', '/dev', '--remount-ro', '/'],
      ...['--chdir', service.state ? inside.state : '/tmp'],
    ],
    argv: withHeapLimit(serveArgv, service.limits.memoryBytesMax),
  };
}

export function namespaces(hostname: string, network: ServicePlan['network']): string[] {
  const own = ['--unshare-user', '--disable-userns', '--uid', jailUser, '--gid', jailUser];
  own.push('--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try');
  // Only a service planned with a way out shares the host's network; every other has a loopback and
  // nothing else.
  if (network === 'none') own.push('--unshare-net');
  own.push('--hostname', hostname, '--cap-drop', 'ALL');
  // A session of its own: no terminal to push characters into (TIOCSTI), no Ctrl-C past the
  // supervisor.
  return [...own, '--new-session', '--die-with-parent'];
}

function environment(service: ServicePlan, code: CodeFolder | null): string[] {
  const path = isGateway(service) ? '/opt/node/bin:/usr/local/bin:/usr/bin:/bin' : '/opt/node/bin';
  const env: Record<string, string> = {
    HOME: service.state ? inside.state : '/tmp',
    LANG: 'C.UTF-8',
    PATH: path,
  };
  if (code !== null) env.NODE_COMPILE_CACHE = '/opt/cache';
  return [
    '--clearenv',
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

function system(
  service: ServicePlan,
  installation: Installation,
  code: CodeFolder | null,
): string[] {
  const { programRoot, nodePath } = installation;
  const mounts: string[] = isGateway(service) ? [...systemWithTools] : [...systemOfRoles];
  mounts.push('--ro-bind', nodePath, inside.node);
  for (const part of ['src', 'node_modules', 'package.json']) {
    mounts.push('--ro-bind', `${programRoot}/${part}`, `${inside.program}/${part}`);
  }
  if (code !== null) mounts.push(code.writable ? '--bind' : '--ro-bind', code.folder, '/opt/cache');
  return mounts;
}

const libraries = ['--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'] as const;
const systemOfRoles = [
  ...['--ro-bind', '/usr/lib', '/usr/lib', '--ro-bind-try', '/usr/lib64', '/usr/lib64'],
  ...libraries,
] as const;
/** An agent works with a shell and its tools; a role needs the C library alone. */
export const systemWithTools = [
  ...['--ro-bind', '/usr', '/usr', ...libraries],
  ...['--symlink', 'usr/bin', '/bin', '--symlink', 'usr/sbin', '/sbin'],
  ...['--ro-bind-try', '/etc/alternatives', '/etc/alternatives'],
] as const;

function etc(service: ServicePlan, paths: HostPaths): string[] {
  const own = ['passwd', 'group'].flatMap((file) => [
    '--ro-bind',
    `${paths.etc}/${file}`,
    `/etc/${file}`,
  ]);
  const certificates = ['/etc/ssl/certs', '/usr/share/ca-certificates'].flatMap((folder) => [
    '--ro-bind-try',
    folder,
    folder,
  ]);
  if (service.network === 'outside') {
    const names = ['--ro-bind', `${paths.etc}/nsswitch-outside.conf`, '/etc/nsswitch.conf'];
    names.push('--ro-bind', `${paths.etc}/resolv.conf`, '/etc/resolv.conf');
    return [...own, ...names, '--ro-bind-try', '/etc/hosts', '/etc/hosts', ...certificates];
  }
  const names = ['--ro-bind', `${paths.etc}/nsswitch.conf`, '/etc/nsswitch.conf'];
  names.push('--ro-bind', `${paths.etc}/hosts`, '/etc/hosts');
  return [...own, ...names, ...(isGateway(service) ? certificates.slice(0, 3) : [])];
}

function kernelFiles(service: ServicePlan, machine: MachineFacts): string[] {
  const temporary = String((isGateway(service) ? 512 : 16) * mebibyte);
  return [
    ...kernelViews(machine, (isGateway(service) ? 64 : 1) * mebibyte),
    ...['--size', temporary, '--tmpfs', '/tmp', '--size', String(mebibyte), '--tmpfs', '/run'],
  ];
}

export function kernelViews(machine: MachineFacts, sharedBytes: number): string[] {
  return [
    ...['--proc', '/proc'],
    ...machine.procReadOnly.flatMap((path) => ['--ro-bind', path, path]),
    ...machine.procHidden.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...['--dev', '/dev', '--size', String(sharedBytes), '--tmpfs', '/dev/shm'],
  ];
}

/**
 * What the service was told: its settings, its secrets, its rendered files (which may lie in its
 * state).
 */
function told(service: ServicePlan, bundle: string): string[] {
  const files = service.files.flatMap((file, index) => [
    '--ro-bind',
    `${bundle}/files/${index}`,
    file.path,
  ]);
  return [
    ...['--ro-bind', `${bundle}/settings.json`, inside.settings],
    ...['--ro-bind', `${bundle}/secrets`, inside.secrets],
    ...(service.live === undefined ? [] : ['--ro-bind', `${bundle}/live`, inside.live]),
    ...files,
  ];
}

/**
 * What it can reach beyond itself: the sockets of its edges, the planned host paths, its own state.
 */
function reached(service: ServicePlan, paths: HostPaths): string[] {
  const sockets = (option: string, folders: readonly SocketFolder[]) =>
    folders.flatMap((each) => [option, paths.edge(each.edge), each.folder]);
  return [
    ...sockets('--bind', service.listens),
    // Read-only: a caller can connect, and cannot put a socket of its own in the callee's place.
    ...sockets('--ro-bind', service.dials),
    ...service.mounts.flatMap((mount) => [
      mount.readOnly ? '--ro-bind' : '--bind',
      mount.source,
      mount.target,
    ]),
    ...(service.state ? ['--bind', paths.state(service.name), inside.state] : []),
    ...(service.folders ?? []).flatMap((folder) => [
      folder.readOnly ? '--ro-bind' : '--bind',
      keptFolder(folder, paths),
      folder.at,
    ]),
  ];
}

function withHeapLimit(argv: readonly string[], memoryBytesMax: number): string[] {
  const [program, ...rest] = argv;
  if (program !== inside.node) return [...argv];
  const heapMebibytes = Math.max(32, Math.floor((memoryBytesMax * heapShare) / mebibyte));
  return [program, `--max-old-space-size=${heapMebibytes}`, ...rest];
}

/** The relay's jail holds the agent. */
function isGateway(service: ServicePlan): boolean {
  return service.role === 'relay';
}
