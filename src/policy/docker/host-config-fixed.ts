// What the template fixes in a create's HostConfig: set by us, whatever was asked. Asking for less
// than it gives is answered by what it gives, and noted; asking for more is refused, so that nobody
// takes a sandbox for something else.

import {
  BodyFault,
  fix,
  isEmpty,
  numberOf,
  objectOf,
  type Reading,
  textOf,
  textsOf,
} from './body-field.ts';
import type { Bound, HostBind, Template } from './model.ts';
import { writeMounts, writeTmpfs } from './mounts.ts';
import type { Json, JsonObject } from './strict-json.ts';
import { readUlimits } from './ulimits.ts';

export interface FixHostConfig {
  readonly asked: JsonObject;
  /** Written to. */
  readonly fields: Map<string, Json>;
  readonly template: Template;
  readonly reading: Reading;
  readonly binds: readonly HostBind[];
  readonly tmpfs: readonly string[];
}

export function fixHostConfig(all: FixHostConfig): void {
  fixRights(all);
  fixSpaces(all);
  fixAmounts(all);
  fixMounts(all);
}

function fixRights(all: FixHostConfig): void {
  const { template } = all;
  for (const [key, says] of Object.entries(moreRights)) {
    if (!isEmpty(of(all, key))) throw new BodyFault('docker-field-refused', path(key), says);
  }
  set(all, 'Privileged', false);
  set(all, 'CapDrop', ['ALL'], textsOf(of(all, 'CapDrop'), path('CapDrop')));
  const options = securityOptions(template);
  const asked = textsOf(of(all, 'SecurityOpt'), path('SecurityOpt'));
  const foreign = asked.find((option) => !isOurOption(option, options));
  if (foreign !== undefined) {
    const says = `"${foreign.slice(0, 64)}" is not how a sandbox of this template is held.`;
    throw new BodyFault('docker-field-refused', path('SecurityOpt'), says);
  }
  set(all, 'SecurityOpt', options, asked);
  const readOnly = template.readOnlyRoot || of(all, 'ReadonlyRootfs') === true;
  set(all, 'ReadonlyRootfs', readOnly);
}

const moreRights: Readonly<Record<string, string>> = {
  Privileged: 'A sandbox is never privileged.',
  CapAdd: 'A sandbox has no capabilities.',
};

function securityOptions({ seccompProfile, apparmorProfile }: Template): readonly string[] {
  const options = ['no-new-privileges'];
  if (seccompProfile !== undefined) options.push(`seccomp=${seccompProfile}`);
  if (apparmorProfile !== undefined) options.push(`apparmor=${apparmorProfile}`);
  return options;
}

function isOurOption(option: string, ours: readonly string[]): boolean {
  return (
    ours.includes(option) || ['no-new-privileges:true', 'no-new-privileges=true'].includes(option)
  );
}

function fixSpaces(all: FixHostConfig): void {
  const { network } = all.template;
  const mode = textOf(of(all, 'NetworkMode'), path('NetworkMode'));
  if (!['', 'default', 'bridge', 'none', network].includes(mode)) {
    const says = `"${mode.slice(0, 64)}" was asked for, and the template says "${network}".`;
    throw new BodyFault('docker-network-refused', path('NetworkMode'), says);
  }
  set(all, 'NetworkMode', network);
  oneOf(all, 'CgroupnsMode', ['', 'private']);
  set(all, 'CgroupnsMode', 'private');
  const ipc = oneOf(all, 'IpcMode', ['', 'private', 'none']);
  set(all, 'IpcMode', ipc === 'none' ? 'none' : 'private');
  const log = objectOf(of(all, 'LogConfig'), path('LogConfig'));
  const type = textOf(log.get('Type') ?? null, `${path('LogConfig')}.Type`);
  // Other drivers dial where their options say, from the host.
  if (!['', 'json-file', 'local', 'none'].includes(type) || !isEmpty(log.get('Config') ?? null)) {
    const says = 'What a sandbox prints is kept by the daemon, within bounds.';
    throw new BodyFault('docker-field-refused', path('LogConfig'), says);
  }
  set(all, 'LogConfig', logConfig, type === '' ? logConfig : of(all, 'LogConfig'));
}

const logConfig: Json = new Map<string, Json>([
  ['Type', 'json-file'],
  [
    'Config',
    new Map([
      ['max-size', '10m'],
      ['max-file', '2'],
    ]),
  ],
]);

function oneOf(all: FixHostConfig, key: string, allowed: readonly string[]): string {
  const asked = textOf(of(all, key), path(key));
  if (allowed.includes(asked)) return asked;
  const says = `"${asked.slice(0, 64)}" would share what belongs to others.`;
  throw new BodyFault('docker-field-refused', path(key), says);
}

function fixAmounts(all: FixHostConfig): void {
  const { memoryBytes, nanoCpus, pids, shmBytes, ulimits } = all.template;
  const memory = amount(all, 'Memory', memoryBytes, 0);
  // Memory and swap together: none is swapped.
  set(all, 'MemorySwap', memory);
  const reservation = numberOf(of(all, 'MemoryReservation'), path('MemoryReservation'));
  if (reservation < 0 || reservation > memory) {
    const says = `It must not be more than the memory, ${memory}.`;
    throw new BodyFault('docker-field-refused', path('MemoryReservation'), says);
  }
  if (reservation > 0) all.fields.set('MemoryReservation', reservation);
  amount(all, 'NanoCpus', nanoCpus, 0);
  // -1 is "unlimited"; many clients send it for "not asked for".
  amount(all, 'PidsLimit', pids, -1);
  amount(all, 'ShmSize', shmBytes, 0);
  const asked = of(all, 'Ulimits');
  set(all, 'Ulimits', readUlimits(asked, ulimits, path('Ulimits')));
}

/** From `least` to 0 is "not asked for". */
function amount(all: FixHostConfig, key: string, bound: Bound, least: number): number {
  const asked = numberOf(of(all, key), path(key));
  if (asked < least || asked > bound.max) {
    const says = `The template gives at most ${bound.max}, and ${asked} was asked for.`;
    throw new BodyFault('docker-field-refused', path(key), says);
  }
  const given = asked <= 0 ? bound.default : asked;
  set(all, key, given);
  return given;
}

/** A root that nothing can be written to needs places that can. */
function fixMounts(all: FixHostConfig): void {
  const { template, binds, tmpfs, asked, fields } = all;
  const isAsked =
    tmpfs.length > 0 || !template.readOnlyRoot || asked.get('ReadonlyRootfs') === true;
  const paths = isAsked ? tmpfs : template.tmpfs.map((each) => each.path);
  if (binds.length > 0) fields.set('Mounts', writeMounts(binds));
  if (paths.length > 0) set(all, 'Tmpfs', writeTmpfs(paths, template));
}

/** Sets a field and notes it where it differs from what was asked, `from` in its place. */
function set(all: FixHostConfig, key: string, value: Json, from: Json = of(all, key)): void {
  fix(all.reading, all.fields, path(key), from, value);
}

function of({ asked }: FixHostConfig, key: string): Json {
  return asked.get(key) ?? null;
}

const path = (key: string) => `HostConfig.${key}`;
