// The switches of Tecnativa's docker-socket-proxy, by which each section of the API is on or off.
// Stricter than its rules where its documentation promises what they do not do:
// docs/docker-proxy-from-tecnativa.md.

import type { Operation } from './operation.ts';

/** Names and defaults as its image has them. */
export const tecnativaDefaults: Readonly<Record<string, boolean>> = {
  ALLOW_RESTARTS: false,
  ALLOW_START: false,
  ALLOW_STOP: false,
  AUTH: false,
  BUILD: false,
  COMMIT: false,
  CONFIGS: false,
  CONTAINERS: false,
  DISTRIBUTION: false,
  EVENTS: true,
  EXEC: false,
  GRPC: false,
  IMAGES: false,
  INFO: false,
  NETWORKS: false,
  NODES: false,
  PING: true,
  PLUGINS: false,
  POST: false,
  SECRETS: false,
  SERVICES: false,
  SESSION: false,
  SWARM: false,
  SYSTEM: false,
  TASKS: false,
  VERSION: true,
  VOLUMES: false,
};

/** The calls that one of the ALLOW_ switches opens without their section. */
const singled: Readonly<Record<string, readonly string[]>> = {
  ALLOW_START: ['ContainerStart'],
  ALLOW_STOP: ['ContainerStop'],
  ALLOW_RESTARTS: ['ContainerStop', 'ContainerRestart', 'ContainerKill'],
};

/** The switch that lets a call pass, or null. */
export function switchedOn(
  switches: Readonly<Record<string, boolean>>,
  operation: Operation,
): string | null {
  const isOn = (name: string) => switches[name] ?? tecnativaDefaults[name] ?? false;
  if (writes(operation) && !isOn('POST')) return null;
  for (const [name, calls] of Object.entries(singled)) {
    if (isOn(name) && calls.includes(operation.name)) return name;
  }
  const section = sectionOf(operation);
  if (!isOn(section)) return null;
  // `POST /containers/x/exec` is of the section of containers by its path, and runs a command.
  return operation.name !== 'ContainerExec' || isOn('EXEC') ? section : null;
}

/** A WebSocket that is attached to a container is asked for with GET, and writes to its stdin. */
function writes({ method, name }: Operation): boolean {
  return (method !== 'GET' && method !== 'HEAD') || name === 'ContainerAttachWebsocket';
}

function sectionOf({ path }: Operation): string {
  const first = (path[0] ?? '').toUpperCase();
  return first === '_PING' ? 'PING' : first;
}

/**
 * The switches in an environment; what is no switch is left out. `1` and `true` are on, as HAProxy
 * reads them; unknown values are null, to be refused.
 */
export function switchesFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly switches: Readonly<Record<string, boolean>>; readonly faults: readonly string[] } {
  const switches: Record<string, boolean> = {};
  const faults: string[] = [];
  for (const name of Object.keys(tecnativaDefaults)) {
    const value = environment[name]?.toLowerCase();
    if (value === undefined) continue;
    if (on.includes(value)) switches[name] = true;
    else if (off.includes(value)) switches[name] = false;
    else faults.push(`${name} must be 0 or 1`);
  }
  return { switches, faults };
}

const on = ['1', 'true', 'yes', 'on'];
const off = ['0', 'false', 'no', 'off', ''];
