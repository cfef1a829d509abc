// Looks at a create's body, or at what the daemon says of a container that was made, and names
// whatever a sandbox of a template must not have. Written apart from the policy, field by field and
// from the other side: what the policy forgets, this does not know of.

import type { Template } from '../policy/docker/model.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Sentences; empty when it is a sandbox of the template, owned by `owner`. */
export function sandboxFaults(body: unknown, template: Template, owner: string): readonly string[] {
  const faults: string[] = [];
  const create = fields(body);
  const host = fields(create.HostConfig);
  const must = (name: string, isSo: boolean) => {
    if (!isSo) faults.push(`${name}: ${JSON.stringify(create[name] ?? host[name])}`);
  };
  must('User', create.User === template.user);
  const image = create.Image;
  const images = template.images.map(({ name, id }) => id ?? name);
  must('Image', images.includes(String(image)));
  const labels = fields(create.Labels);
  must('Labels', labels['clincher.owner'] === owner);
  must('Labels', ours(Object.keys(labels)).length === 1);
  must('Volumes', nothing(create.Volumes));
  must('Healthcheck', !/CMD/.test(JSON.stringify(create.Healthcheck ?? null)));
  must('Env', !/"(?:LD_|BASH_ENV|NODE_OPTIONS|PYTHONSTARTUP)/.test(text(create.Env)));
  for (const name of neverOfBody) must(name, nothing(create[name]));
  must('Privileged', host.Privileged === false);
  must('CapDrop', text(host.CapDrop) === '["ALL"]');
  const options = Array.isArray(host.SecurityOpt) ? host.SecurityOpt.map(String) : [];
  must('SecurityOpt', options.includes('no-new-privileges'));
  must(
    'SecurityOpt',
    options.every((option) => /^no-new-privileges$/.test(option)),
  );
  must(
    'ReadonlyRootfs',
    host.ReadonlyRootfs === template.readOnlyRoot || host.ReadonlyRootfs === true,
  );
  must('NetworkMode', host.NetworkMode === template.network);
  must('IpcMode', ['private', 'none'].includes(String(host.IpcMode)));
  must('CgroupnsMode', host.CgroupnsMode === 'private');
  must('LogConfig', fields(host.LogConfig).Type === 'json-file');
  must('Memory', within(host.Memory, template.memoryBytes.max));
  must('MemorySwap', host.MemorySwap === host.Memory);
  must('NanoCpus', within(host.NanoCpus, template.nanoCpus.max));
  must('PidsLimit', within(host.PidsLimit, template.pids.max));
  must('ShmSize', within(host.ShmSize, template.shmBytes.max));
  for (const name of neverOfHost) must(name, nothing(host[name]));
  must(
    'MaskedPaths',
    host.MaskedPaths === undefined || text(host.MaskedPaths).includes('/proc/kcore'),
  );
  must(
    'ReadonlyPaths',
    host.ReadonlyPaths === undefined || text(host.ReadonlyPaths).includes('/proc/sys'),
  );
  for (const mount of list(host.Mounts)) faults.push(...mountFaults(fields(mount), template));
  for (const [path, how] of Object.entries(fields(host.Tmpfs))) {
    must(
      'Tmpfs',
      template.tmpfs.some((each) => each.path === path) && /nosuid,nodev,size=/.test(String(how)),
    );
  }
  for (const limit of list(host.Ulimits).map(fields)) {
    const max = template.ulimits.find(({ name }) => name === limit.Name)?.max ?? -1;
    must(
      'Ulimits',
      Number(limit.Soft) >= 0 && Number(limit.Hard) <= max && Number(limit.Hard) >= 0,
    );
  }
  return faults;
}

function mountFaults(mount: Fields, template: Template): readonly string[] {
  const { Type: type, Source: source, Target: target, ReadOnly: readOnly } = mount;
  const fits = template.binds.some((bind) => {
    const from = bind.hostSource ?? bind.source;
    const exact = source === from && target === bind.target;
    const inside = bind.below && under(source, from) && under(target, bind.target);
    return (exact || inside) && (readOnly === true || !bind.readOnly);
  });
  const propagation = fields(mount.BindOptions).Propagation;
  const isPlain =
    type === 'bind' && propagation === 'rprivate' && !/\/\.\.?(?:\/|$)/.test(`${source}${target}`);
  return fits && isPlain ? [] : [`Mounts: ${JSON.stringify(mount)}`];
}

/** An exec must be the template's user's, and not privileged. */
export function execFaults(body: unknown, template: Template): readonly string[] {
  const exec = fields(body);
  const faults: string[] = [];
  if (exec.User !== template.user) faults.push(`User: ${exec.User}`);
  if (exec.Privileged !== false) faults.push('Privileged');
  if (!Array.isArray(exec.Cmd) || exec.Cmd.length === 0) faults.push('Cmd');
  if (/"LD_|"BASH_ENV/.test(text(exec.Env))) faults.push('Env');
  const workdir = String(exec.WorkingDir ?? template.workdirs[0]);
  if (!template.workdirs.some((each) => under(workdir, each)) || /\/\.\.?(?:\/|$)/.test(workdir)) {
    faults.push(`WorkingDir: ${workdir}`);
  }
  const known = ['AttachStderr', 'AttachStdin', 'AttachStdout', 'Cmd', 'ConsoleSize', 'DetachKeys'];
  const all = [...known, 'Env', 'Privileged', 'Tty', 'User', 'WorkingDir'];
  faults.push(...Object.keys(exec).filter((name) => !all.includes(name)));
  return faults;
}

const neverOfBody = [
  'ExposedPorts',
  'MacAddress',
  'Domainname',
  'OnBuild',
  'NetworkingConfig',
  'Shell',
];

const neverOfHost = [
  'Annotations',
  'Binds',
  'BlkioWeight',
  'CapAdd',
  'Capabilities',
  'Cgroup',
  'CgroupParent',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpusetCpus',
  'CpusetMems',
  'DeviceCgroupRules',
  'DeviceRequests',
  'Devices',
  'Dns',
  'ExtraHosts',
  'GroupAdd',
  'Links',
  'OomKillDisable',
  'PidMode',
  'PortBindings',
  'PublishAllPorts',
  'StorageOpt',
  'Sysctls',
  'UTSMode',
  'UsernsMode',
  'VolumeDriver',
  'VolumesFrom',
];

const text = (value: unknown) => JSON.stringify(value ?? null);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const ours = (keys: readonly string[]) => keys.filter((key) => /^clincher/i.test(key));
const under = (path: unknown, folder: string) =>
  path === folder || String(path).startsWith(`${folder}/`);
const within = (value: unknown, max: number) => Number(value) > 0 && Number(value) <= max;

function nothing(value: unknown): boolean {
  return ['null', 'false', '0', '""', '[]', '{}'].includes(text(value));
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
