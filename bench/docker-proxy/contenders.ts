// What stands before the daemon: ours as a process of its own, checking bodies and whose a
// container is; and HAProxy with rules of paths and methods for the same calls, which is all it can
// look at.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { callDocker, dockerApi } from '../../src/testing/docker-api.ts';

export interface Contender {
  readonly name: string;
  readonly socket: string;
  /** Null for the daemon alone. */
  readonly pid: number | null;
}

export interface Started {
  readonly socket: string;
  readonly pid: number;
  readonly process: ChildProcess;
}

export interface BenchDaemon {
  readonly socket: string;
  readonly folder: string;
  readonly image: string;
  readonly imageId: string;
}

const checkout = join(import.meta.dirname, '../..');

/**
 * With a template as a stack gets it: a folder of the container's own, and what it was really given
 * looked at before its commands. Only rates and counts that a benchmark exceeds are raised.
 */
export async function startOurs({ socket, folder, image, imageId }: BenchDaemon) {
  const file = join(folder, 'settings.json');
  const own = join(folder, 'ours.sock');
  const boxes = join(folder, 'boxes');
  mkdirSync(join(boxes, 'bench'), { recursive: true });
  const many = 1_000_000;
  writeFileSync(
    file,
    JSON.stringify({
      ...{ service: 'docker-proxy', admin: [], docker: `unix:${socket}`, profile: 'sandbox' },
      listen: [{ address: `unix:${own}`, caller: 'gateway' }],
      template: {
        images: [{ name: image, id: imageId }],
        binds: [{ source: boxes, target: '/workspace', readOnly: false, below: true }],
        commandsOnly: true,
      },
      limits: {
        ...{ requestsPerSecondMax: many, execsPerMinuteMax: many, createsPerMinuteMax: many },
        ...{ execsMax: 1_000, streamsMax: 1_000, connectionsMax: 1_000 },
      },
    }),
  );
  const serve = join(checkout, 'src/cli/serve.ts');
  const argv = [serve, 'docker-proxy', '--settings', file];
  const started = await startedOf(process.execPath, argv, own);
  const makeSandbox = async (name: string) => {
    const path = '/v1.41/containers/create?name=openclaw-sbx-bench';
    const body = {
      ...{ Image: name, Cmd: ['sleep', 'infinity'] },
      HostConfig: { Binds: [`${boxes}/bench:/workspace`] },
    };
    const made = await callDocker(own, 'POST', path, body);
    if (made.status !== 201) throw new Error(made.body);
    const { Id } = JSON.parse(made.body) as { Id: string };
    await dockerApi(own)('POST', `/v1.41/containers/${Id}/start`);
    return Id;
  };
  return { ...started, makeSandbox };
}

export function startHaproxy({ socket, folder }: BenchDaemon): Promise<Started> {
  const file = join(folder, 'haproxy.cfg');
  const own = join(folder, 'haproxy.sock');
  writeFileSync(file, haproxyConfig(own, socket));
  return startedOf('haproxy', ['-f', file, '-db'], own);
}

/** The calls of profile `sandbox`, as rules of methods and anchored paths. */
function haproxyConfig(own: string, daemon: string): string {
  const version = '^(/v[0-9]+\\.[0-9]+)?';
  const name = '[a-zA-Z0-9][a-zA-Z0-9_.-]*';
  const container = `${version}/containers/${name}`;
  return `global
  maxconn 4000
defaults
  mode http
  timeout connect 10s
  timeout client 30m
  timeout server 30m
  timeout tunnel 30m
frontend docker
  bind unix@${own}
  acl read method GET HEAD
  acl write method POST
  acl remove method DELETE
  acl asks path_reg ${version}/(_ping|version|containers/json)$
  acl looks path_reg ${container}/(json|logs)$ ${version}/(images|exec)/${name}/json$
  acl makes path_reg ${version}/containers/create$
  acl acts path_reg ${container}/(start|stop|wait|restart|kill|resize|attach|exec)$
  acl runs path_reg ${version}/exec/${name}/(start|resize)$
  acl goes path_reg ${container}$
  http-request allow if read asks
  http-request allow if read looks
  http-request allow if write makes
  http-request allow if write acts
  http-request allow if write runs
  http-request allow if remove goes
  http-request deny
  default_backend daemon
backend daemon
  server daemon unix@${daemon}
`;
}

async function startedOf(program: string, argv: readonly string[], socket: string) {
  const log = openSync(`${socket}.log`, 'w');
  const child = spawn(program, argv, { stdio: ['ignore', log, log] });
  for (let tries = 0; ; tries += 1) {
    if (existsSync(socket)) break;
    if (child.exitCode !== null || tries > 300) throw new Error(`${program} did not start`);
    await delay(100);
  }
  if (child.pid === undefined) throw new Error(`${program} did not start`);
  return { socket, pid: child.pid, process: child };
}

export async function stop({ process: child }: Started): Promise<void> {
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}
