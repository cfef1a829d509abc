// A real daemon behind the real Docker proxy: what a program like the docker command line sees of
// it, as one caller or another.

import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemWorld } from '../kit/world.ts';
import { dockerProxyRole } from '../roles/docker-proxy/serve.ts';
import { dockerProxySettings } from '../roles/docker-proxy/settings.ts';
import {
  type DockerCliOptions,
  type DockerDaemon,
  dockerCli,
  startDockerDaemon,
} from './docker-daemon.ts';
import type { ProxyInput } from './docker-proxy.ts';
import type { Outcome } from './run-program.ts';
import { type RecordedTelemetry, recordedTelemetry } from './wire.ts';

export interface GuardedDocker extends AsyncDisposable {
  readonly daemon: DockerDaemon;
  readonly telemetry: RecordedTelemetry;
  /** A folder that sandboxes of `gateway` may have at /workspace, as callers name it. */
  readonly workspace: string;
  /** The proxy's socket for a caller: `gateway`, `other`, or `watcher`, who may only look. */
  socketOf(caller: string): string;
  /** `docker ARGS` as gateway. */
  docker(args: readonly string[], options?: DockerCliOptions): Promise<Outcome>;
  /** What `docker create` is given for a sandbox as OpenClaw makes it. */
  createArgs(name: string): readonly string[];
}

/** Names that callers may give their containers. */
export const sandboxNames = 'openclaw-sbx-*';

export async function startGuardedDocker(input: ProxyInput = {}): Promise<GuardedDocker> {
  await using opened = new AsyncDisposableStack();
  const daemon = opened.use(await startDockerDaemon());
  const { folder } = daemon;
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  await chmod(workspace, 0o777);
  const socketOf = (caller: string) => join(folder, `for-${caller}.sock`);
  const settings = dockerProxySettings.parse({
    service: 'docker-proxy',
    admin: [],
    listen: ['gateway', 'other', 'watcher'].map((caller) => ({
      address: `unix:${socketOf(caller)}`,
      caller,
    })),
    docker: `unix:${daemon.socket}`,
    profile: 'sandbox',
    template: {
      images: [{ name: daemon.image, id: daemon.imageId }],
      names: [sandboxNames],
      binds: [{ source: workspace, target: '/workspace', readOnly: false }],
    },
    callers: { watcher: { profile: 'observe' } },
    ...input,
  });
  const telemetry = recordedTelemetry('docker-proxy');
  opened.use(await dockerProxyRole.serve(settings, systemWorld(), telemetry));
  const kept = opened.move();
  return {
    ...{ daemon, telemetry, workspace, socketOf },
    docker: (args, options) => dockerCli(socketOf('gateway'), args, options),
    createArgs: (name) => [
      ...['create', '--name', name, '--init', '--label', 'openclaw.sandbox=1', '--read-only'],
      ...['--tmpfs', '/tmp', '--network', 'none', '--user', '1000:1000', '--cap-drop', 'ALL'],
      ...['--security-opt', 'no-new-privileges', '--pids-limit', '64', '--memory', '128m'],
      ...['--cpus', '0.5', '--workdir', '/workspace', '-v', `${workspace}:/workspace:z`],
      ...[daemon.image, 'sleep', 'infinity'],
    ],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
