// The calls of each profile of clincher's own, by the names of the API reference.

export const handshake: ReadonlySet<string> = new Set([
  'SystemPing',
  'SystemPingHead',
  'SystemVersion',
]);

export const execOnly: ReadonlySet<string> = new Set([
  ...handshake,
  'ContainerInspect',
  'ImageInspect',
  'ContainerExec',
  'ExecStart',
  'ExecInspect',
  'ExecResize',
]);

/**
 * With it a caller makes sandboxes and is rid of them. Rename is not in it: a name is how somebody
 * else finds a container; nor is update, which would change the limits of one that runs.
 */
export const sandbox: ReadonlySet<string> = new Set([
  ...execOnly,
  'ContainerList',
  'ContainerCreate',
  'ContainerStart',
  'ContainerStop',
  'ContainerRestart',
  'ContainerKill',
  'ContainerWait',
  'ContainerDelete',
  'ContainerLogs',
  'ContainerAttach',
  'ContainerResize',
]);

export const observe: ReadonlySet<string> = new Set([
  ...handshake,
  'SystemInfo',
  'SystemEvents',
  'ContainerList',
  'ContainerInspect',
  'ContainerStats',
  'ContainerTop',
  'ImageList',
  'ImageInspect',
]);

/** What may be done with a container that somebody else made and that settings name. */
export const lentCalls: ReadonlySet<string> = new Set([
  'ContainerInspect',
  'ContainerExec',
  'ContainerLogs',
  'ContainerStats',
  'ContainerTop',
  'ContainerWait',
  'ExecStart',
  'ExecInspect',
  'ExecResize',
]);

/** Calls that look for one thing by its name, and what the daemon says the thing is. */
export const hiddenInspects: ReadonlyMap<string, string> = new Map([
  ['ContainerInspect', 'container'],
  ['ImageInspect', 'image'],
  ['NetworkInspect', 'network'],
  ['VolumeInspect', 'volume'],
  ['PluginInspect', 'plugin'],
  ['ServiceInspect', 'service'],
  ['TaskInspect', 'task'],
  ['NodeInspect', 'node'],
  ['SecretInspect', 'secret'],
  ['ConfigInspect', 'config'],
]);
