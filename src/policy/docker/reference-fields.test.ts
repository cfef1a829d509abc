// The tables know every field and every call that the API reference has had from 1.25 to 1.56: a
// field that a new client sends is then refused for what it asks, not for being unknown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFields } from './create-body.ts';
import { execFields } from './exec-body.ts';
import { hostFields } from './host-config.ts';
import { endpointFields } from './networking.ts';
import { operations } from './operations.ts';

const words = (text: string) => text.trim().split(/\s+/);

const config = words(`
  Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce
  Env Cmd Healthcheck ArgsEscaped Image Volumes WorkingDir Entrypoint NetworkDisabled MacAddress
  OnBuild Labels StopSignal StopTimeout Shell HostConfig NetworkingConfig`);

const hostConfig = words(`
  CpuShares Memory CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps
  BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime
  CpusetCpus CpusetMems Devices DiskQuota MemoryReservation MemorySwap MemorySwappiness NanoCpus
  OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth Binds
  ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove VolumeDriver
  VolumesFrom Mounts CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Links
  OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt StorageOpt Tmpfs UTSMode
  UsernsMode ShmSize Sysctls Runtime ConsoleSize Isolation DeviceCgroupRules DeviceRequests
  KernelMemory KernelMemoryTCP Init Capabilities MaskedPaths ReadonlyPaths CgroupnsMode Annotations`);

const endpoint = words(`
  IPAMConfig Links Aliases NetworkID EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway
  GlobalIPv6Address GlobalIPv6PrefixLen MacAddress DriverOpts DNSNames GwPriority`);

const exec = words(`
  AttachStdin AttachStdout AttachStderr DetachKeys Tty Env Cmd Privileged User WorkingDir ConsoleSize`);

test('every field of the reference is known by its name', () => {
  const tables = [
    [config, createFields],
    [hostConfig, hostFields],
    [endpoint, endpointFields],
    [exec, execFields],
  ] as const;
  for (const [names, table] of tables) {
    assert.deepEqual(
      names.filter((name) => !Object.hasOwn(table, name)),
      [],
    );
  }
});

test('every call of the reference is known, by its path and its name, once', () => {
  const lines = operations.map(({ method, path }) => `${method} /${path.join('/')}`);
  assert.equal(new Set(lines).size, lines.length);
  assert.equal(new Set(operations.map(({ name }) => name)).size, lines.length);
  assert.equal(lines.length, 110, 'those of the reference, build/cancel and grpc');
});
