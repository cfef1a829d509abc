// HostConfig of a create, field by field: API 1.24 to 1.56. This is where a container would get
// more rights than a sandbox has; a field is taken as asked only where it can do no harm.
// https://docs.docker.com/reference/api/engine/version/v1.51/#operation/ContainerCreate

import { BodyFault, type FieldRule, objectOf, type Reading, readFields } from './body-field.ts';
import { consoleSize, flag, ignored, nothing, numberUpTo } from './field-rules.ts';
import { fixHostConfig } from './host-config-fixed.ts';
import type { HostBind, Template } from './model.ts';
import { type AskedMounts, readBinds, readMounts, readTmpfs } from './mounts.ts';
import type { Json } from './strict-json.ts';

export interface ReadHostConfig {
  readonly fields: Map<string, Json>;
  readonly binds: readonly HostBind[];
}

/** Throws BodyFault. */
export function readHostConfig(value: Json, template: Template, reading: Reading): ReadHostConfig {
  const asked = objectOf(value, 'HostConfig');
  const fields = readFields(value, 'HostConfig', hostFields, reading);
  const mounts = readMounts(asked.get('Mounts') ?? null, template, reading);
  const binds = [...readBinds(asked.get('Binds') ?? null, template), ...mounts.binds];
  const tmpfs = askedTmpfs(asked.get('Tmpfs') ?? null, mounts, template);
  refuseDoubles([...binds.map(({ target }) => target), ...tmpfs]);
  fixHostConfig({ asked, fields, template, reading, binds, tmpfs });
  return { fields, binds };
}

function askedTmpfs(value: Json, mounts: AskedMounts, template: Template): readonly string[] {
  const asked = objectOf(value, 'HostConfig.Tmpfs');
  return [...readTmpfs(asked.keys(), template), ...mounts.tmpfs];
}

/** Two mounts at one place: which one lies on top is the daemon's choice. */
function refuseDoubles(targets: readonly string[]): void {
  const double = targets.find((target, index) => targets.indexOf(target) !== index);
  if (double === undefined) return;
  throw new BodyFault(
    'docker-bind-refused',
    'HostConfig',
    `Two mounts are asked for at ${double}.`,
  );
}

const noNetwork = nothing('docker-network-refused');
const noBind = nothing('docker-bind-refused');
const none = nothing();

/** Empty lists lift what the daemon hides in /proc: only null asks for nothing here. */
const onlyNull: FieldRule = (value, field) => {
  if (value === null) return undefined;
  const says = 'What is hidden and read-only in /proc stays so.';
  throw new BodyFault('docker-field-refused', field, says);
};

/** Every field of the reference, and those that older ones had. Set by fixHostConfig: `ignored`. */
export const hostFields: Readonly<Record<string, FieldRule>> = {
  // Set by the template, after these have been read.
  Binds: ignored,
  Mounts: ignored,
  Tmpfs: ignored,
  CapAdd: ignored,
  CapDrop: ignored,
  CgroupnsMode: ignored,
  IpcMode: ignored,
  LogConfig: ignored,
  Memory: ignored,
  MemorySwap: ignored,
  NanoCpus: ignored,
  NetworkMode: ignored,
  PidsLimit: ignored,
  Privileged: ignored,
  ReadonlyRootfs: ignored,
  SecurityOpt: ignored,
  ShmSize: ignored,
  Ulimits: ignored,

  // The client writes the id there itself.
  ContainerIDFile: ignored,
  AutoRemove: flag,
  ConsoleSize: consoleSize,
  CpuShares: numberUpTo(1_024),
  Init: flag,
  MemoryReservation: ignored,
  OomScoreAdj: numberUpTo(1_000),

  Annotations: none,
  BlkioDeviceReadBps: none,
  BlkioDeviceReadIOps: none,
  BlkioDeviceWriteBps: none,
  BlkioDeviceWriteIOps: none,
  BlkioWeight: none,
  BlkioWeightDevice: none,
  Capabilities: none,
  Cgroup: none,
  CgroupParent: none,
  CpuCount: none,
  CpuPercent: none,
  // Would take the place of NanoCpus.
  CpuPeriod: none,
  CpuQuota: none,
  CpuRealtimePeriod: none,
  CpuRealtimeRuntime: none,
  CpusetCpus: none,
  CpusetMems: none,
  DeviceCgroupRules: none,
  DeviceRequests: none,
  Devices: none,
  DiskQuota: none,
  Dns: noNetwork,
  DnsOptions: noNetwork,
  DnsSearch: noNetwork,
  ExtraHosts: noNetwork,
  GroupAdd: nothing('docker-user-refused'),
  InitPath: none,
  IOMaximumBandwidth: none,
  IOMaximumIOps: none,
  Isolation: nothing('docker-field-refused', ['default']),
  KernelMemory: none,
  KernelMemoryTCP: none,
  Links: noNetwork,
  MaskedPaths: onlyNull,
  MemorySwappiness: nothing('docker-field-refused', [-1]),
  OomKillDisable: none,
  PidMode: none,
  PortBindings: noNetwork,
  PublishAllPorts: noNetwork,
  ReadonlyPaths: onlyNull,
  RestartPolicy: (value, field, reading) => {
    readFields(value, field, restartFields, reading);
    return undefined;
  },
  Runtime: nothing('docker-field-refused', ['runc']),
  StorageOpt: none,
  Sysctls: none,
  UTSMode: none,
  UsernsMode: none,
  VolumeDriver: noBind,
  VolumesFrom: noBind,
};

const restartFields: Readonly<Record<string, FieldRule>> = {
  Name: nothing('docker-field-refused', ['no']),
  MaximumRetryCount: none,
};
