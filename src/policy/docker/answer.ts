// What a caller is told of the daemon's answers: lists without what it did not make, inspects
// without secrets and without the host's paths, folders by the names the caller has for them.

import { mask, maskArguments, maskEnv, maskLabels } from './masks.ts';
import type { Call, CallerPolicy } from './model.ts';
import { shapeOwnContainer } from './own-container.ts';
import { matchesAny } from './pattern.ts';
import { imageIsShown, imageNameOf, isOwnContainer, isOwned } from './scope.ts';
import { callerPath, callerText } from './translate.ts';

/** `value` is the parsed body of an answer of 2xx; what is returned is sent in its place. */
export function shapeAnswer(policy: CallerPolicy, call: Call, value: unknown): unknown {
  switch (call.operation) {
    case 'ContainerList':
      return shapeList(policy, call, value);
    case 'ContainerInspect':
      return isOwnContainer(policy, value)
        ? shapeOwnContainer(policy, value)
        : shapeContainer(policy, value);
    case 'ImageList':
      return shapeImages(policy, call, value);
    case 'ImageInspect':
      return shapeImage(policy, value);
    case 'SystemInfo':
      return only(value, infoFields);
    default:
      return value;
  }
}

/** One line of events, or null where it is none of the caller's business. */
export function shapeEvent(policy: CallerPolicy, call: Call, value: unknown): unknown {
  if (!isRecord(value)) return null;
  const actor = isRecord(value.Actor) ? value.Actor : {};
  const attributes = actor.Attributes;
  const isContainer = value.Type === 'container';
  const seesAll = !call.scoped || (policy.profile === 'observe' && policy.unsafeSeeAll);
  if (!seesAll && !(isContainer && isOwned(policy, attributes))) return null;
  return {
    ...value,
    ...actionFor(policy, value),
    Actor: { ...actor, Attributes: ownLabels(policy, attributes) },
  };
}

/** `exec_create: sh -c ...`: somebody else's command is no observer's business. */
function actionFor({ profile }: CallerPolicy, event: Readonly<Record<string, unknown>>) {
  if (profile !== 'observe') return {};
  const said = ['Action', 'status'].flatMap((key) => {
    const text = event[key];
    return typeof text === 'string' ? [[key, text.replace(/^(exec_[a-z]+): .*/s, '$1')]] : [];
  });
  return Object.fromEntries(said);
}

/**
 * The daemon's own sentence, without the ids of others and with the caller's names of folders.
 * `id` is the one that the call was about.
 */
export function shapeError(policy: CallerPolicy, id: string | null, value: unknown): unknown {
  const message = isRecord(value) ? value.message : null;
  if (typeof message !== 'string') return { message: 'The Docker daemon refused.' };
  const plain = message.replace(/ by container "[0-9a-f]{12,64}".*/s, '.');
  const hidden = plain.replace(/\b[0-9a-f]{64}\b/g, (each) => (each === id ? each : '(hidden)'));
  return { message: callerText(policy, hidden) };
}

function shapeList(policy: CallerPolicy, call: Call, value: unknown): unknown {
  if (!Array.isArray(value)) return [];
  const kept = value.filter((each: unknown) => {
    if (!isRecord(each)) return false;
    return !call.scoped || isOwned(policy, each.Labels) || isNamed(policy, each.Names);
  });
  return kept.map((each) => ({
    ...each,
    Image: imageNameOf(policy, each.Image),
    Labels: ownLabels(policy, each.Labels),
    ...(policy.profile === 'observe' ? { Command: firstWord(each.Command) } : {}),
    ...(Array.isArray(each.Mounts) ? { Mounts: each.Mounts.map(mountFor(policy)) } : {}),
  }));
}

/** `/name`; a link's name holds another slash. */
function isNamed(policy: CallerPolicy, names: unknown): boolean {
  const lent = [...policy.containers, ...policy.inspectable];
  return Array.isArray(names) && lent.some((name) => names.includes(`/${name}`));
}

function shapeContainer(policy: CallerPolicy, value: unknown): unknown {
  if (!isRecord(value)) return value;
  const config = isRecord(value.Config) ? value.Config : {};
  const host = isRecord(value.HostConfig) ? value.HostConfig : {};
  const { Mounts: mounts } = value;
  return {
    ...value,
    ...hiddenPaths(value),
    ...(policy.profile === 'observe' ? { Args: maskArguments(value.Args, 0) } : {}),
    Config: {
      ...config,
      ...(policy.profile === 'observe' ? maskCommands(config) : {}),
      Image: imageNameOf(policy, config.Image),
      Env: maskEnv(config.Env),
      Labels: ownLabels(policy, config.Labels),
    },
    HostConfig: {
      ...host,
      Binds: Array.isArray(host.Binds)
        ? host.Binds.map((bind: unknown) => callerPath(policy, bind))
        : host.Binds,
      ...(Array.isArray(host.Mounts) ? { Mounts: host.Mounts.map(mountFor(policy)) } : {}),
    },
    ...(Array.isArray(mounts) ? { Mounts: mounts.map(mountFor(policy)) } : {}),
  };
}

/** Programs are told by their names; what they were given may be a secret. */
function maskCommands(config: Readonly<Record<string, unknown>>) {
  const { Healthcheck: probe } = config;
  return {
    Cmd: maskArguments(config.Cmd, 1),
    Entrypoint: maskArguments(config.Entrypoint, 1),
    ...(isRecord(probe) ? { Healthcheck: { ...probe, Test: maskArguments(probe.Test, 1) } } : {}),
  };
}

function firstWord(command: unknown): unknown {
  return typeof command === 'string' ? command.replace(/^(\S+)\s.*/s, `$1 ${mask}`) : command;
}

/** Where the daemon keeps things on its host. */
function hiddenPaths(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const paths = ['ResolvConfPath', 'HostnamePath', 'HostsPath', 'LogPath'];
  const hidden = paths.filter((name) => name in value).map((name) => [name, '']);
  const driver = value.GraphDriver;
  return {
    ...Object.fromEntries(hidden),
    ...(isRecord(driver) ? { GraphDriver: { ...driver, Data: null } } : {}),
  };
}

function mountFor(policy: CallerPolicy): (mount: unknown) => unknown {
  return (mount) =>
    isRecord(mount) && typeof mount.Source === 'string'
      ? { ...mount, Source: callerPath(policy, mount.Source) }
      : mount;
}

function shapeImages(policy: CallerPolicy, call: Call, value: unknown): unknown {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    if (!isRecord(each)) return [];
    const isShown = (text: unknown) => !call.scoped || imageIsShown(policy, String(text));
    const tags = Array.isArray(each.RepoTags) ? each.RepoTags.filter(isShown) : [];
    if (tags.length === 0 && !isShown(each.Id)) return [];
    const labels = maskLabels(each.Labels, () => false);
    return [{ ...each, RepoTags: tags, RepoDigests: [], Labels: labels }];
  });
}

function shapeImage(policy: CallerPolicy, value: unknown): unknown {
  if (!isRecord(value)) return value;
  const shaped = { ...value, ...hiddenPaths(value) };
  for (const key of ['Config', 'ContainerConfig']) {
    const config = value[key];
    if (!isRecord(config)) continue;
    const labels = maskLabels(config.Labels, () => false);
    Object.assign(shaped, { [key]: { ...config, Env: maskEnv(config.Env), Labels: labels } });
  }
  const tags = value.RepoTags;
  const shown = Array.isArray(tags)
    ? tags.filter((tag) => imageIsShown(policy, String(tag)))
    : tags;
  return { ...shaped, RepoTags: shown };
}

/** What a caller may set it may read; an observer sets none. */
function ownLabels(policy: CallerPolicy, labels: unknown): unknown {
  const own = policy.profile === 'observe' ? [] : (policy.template?.labels ?? []);
  return maskLabels(labels, (key) => matchesAny(own, key));
}

/** Of what a daemon says of itself and its host: what tells programs how to talk to it. */
const infoFields: readonly string[] = [
  'Architecture',
  'CgroupDriver',
  'CgroupVersion',
  'DefaultRuntime',
  'Driver',
  'KernelVersion',
  'MemTotal',
  'NCPU',
  'OSType',
  'OSVersion',
  'OperatingSystem',
  'SecurityOptions',
  'ServerVersion',
];

function only(value: unknown, names: readonly string[]): unknown {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    names.filter((name) => name in value).map((name) => [name, value[name]]),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
