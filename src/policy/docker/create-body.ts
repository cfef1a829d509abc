// The body of a create: read strictly, each field checked, and written anew, so that what reaches
// the daemon is what the template says of a sandbox and nothing that was only passed on.

import {
  BodyFault,
  type FieldRule,
  fix,
  isEmpty,
  note,
  objectOf,
  type Reading,
  readFields,
  textOf,
} from './body-field.ts';
import { readEnv } from './env.ts';
import { command, flag, ignored, nothing, numberUpTo, text } from './field-rules.ts';
import { readHostConfig } from './host-config.ts';
import { makeIdle } from './idle-container.ts';
import { readLabels } from './labels.ts';
import type { CallerPolicy, HostBind, Template } from './model.ts';
import { checkNetworking } from './networking.ts';
import { ownerLabel } from './reserved.ts';
import { findImage, ownerOf } from './scope.ts';
import { type Json, writeJson } from './strict-json.ts';
import { fixUser } from './user.ts';
import { checkWorkdir } from './workdir.ts';

export interface ReadCreate {
  readonly body: Json;
  readonly binds: readonly HostBind[];
  readonly image: { readonly name: string; readonly id: string | null };
}

/** Throws BodyFault. */
export function readCreate(
  value: Json,
  policy: CallerPolicy,
  template: Template,
  reading: Reading,
): ReadCreate {
  const asked = objectOf(value, '');
  const of = (key: string) => asked.get(key) ?? null;
  const body = readFields(value, '', createFields, reading);
  const image = imageOf(of('Image'), policy);
  // By its id: a tag that was moved meanwhile changes nothing.
  fix(reading, body, 'Image', of('Image'), image.id ?? image.name);
  fixUser(of('User'), template, body, reading);
  const env = readEnv(of('Env'), template);
  if (env !== undefined) body.set('Env', env);
  if (template.commandsOnly) makeIdle(asked, env ?? [], body, reading);
  const workdir = checkWorkdir(of('WorkingDir'), template);
  if (workdir !== undefined) body.set('WorkingDir', workdir);
  body.set('Labels', readLabels(of('Labels'), template, policy));
  note(reading, `Labels.${ownerLabel}`, null, ownerOf(policy));
  checkNetworking(of('NetworkingConfig'), template, reading);
  const host = readHostConfig(of('HostConfig'), template, reading);
  body.set('HostConfig', host.fields);
  return { body, binds: host.binds, image };
}

function imageOf(value: Json, policy: CallerPolicy): ReadCreate['image'] {
  const asked = textOf(value, 'Image');
  const image = findImage(policy, asked);
  if (image !== null) return image;
  const names = policy.template?.images.map(({ name }) => name) ?? [];
  const says = `"${asked.slice(0, 128)}" is not an image of the template (${names.join(', ')}).`;
  throw new BodyFault('docker-image-refused', 'Image', says);
}

const noNetwork = nothing('docker-network-refused');

/** A probe is a command that runs again and again: the only one to ask for is none. */
const healthcheck: FieldRule = (value, field, reading) => {
  const probe = readFields(value, field, probeFields, reading);
  return probe.size === 0 ? undefined : probe;
};

const probeFields: Readonly<Record<string, FieldRule>> = {
  Interval: nothing(),
  Retries: nothing(),
  StartInterval: nothing(),
  StartPeriod: nothing(),
  Test: (value, field) => {
    if (isEmpty(value)) return undefined;
    if (writeJson(value) === '["NONE"]') return value;
    throw new BodyFault('docker-field-refused', field, 'A sandbox runs no health checks.');
  },
  Timeout: nothing(),
};

/** Every field of the reference; `ignored` are those that readCreate reads itself. */
export const createFields: Readonly<Record<string, FieldRule>> = {
  Env: ignored,
  HostConfig: ignored,
  Image: ignored,
  Labels: ignored,
  NetworkingConfig: ignored,
  User: ignored,
  WorkingDir: ignored,
  // dockerode writes the query's parameters into the body too.
  name: ignored,
  platform: ignored,

  AttachStderr: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  Cmd: command,
  Entrypoint: command,
  Healthcheck: healthcheck,
  Hostname: text(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/),
  NetworkDisabled: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  StopSignal: text(/^(?:SIG)?[A-Z][A-Z0-9+-]{1,9}$/),
  StopTimeout: numberUpTo(300),
  Tty: flag,

  ArgsEscaped: nothing(),
  Domainname: noNetwork,
  ExposedPorts: noNetwork,
  MacAddress: noNetwork,
  OnBuild: nothing(),
  Shell: nothing(),
  Volumes: nothing('docker-bind-refused'),
};
