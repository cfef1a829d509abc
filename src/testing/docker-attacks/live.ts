// A live daemon to attack through the proxy: containers of three owners, and a picture of all that
// the daemon has, to be the same after each attack.

import { systemWorld } from '../../kit/world.ts';
import type { Template } from '../../policy/docker/model.ts';
import { dockerProxyRole } from '../../roles/docker-proxy/serve.ts';
import { dockerProxySettings, sandboxTemplate } from '../../roles/docker-proxy/settings.ts';
import { requestText } from '../../verify/attacks/docker/write.ts';
import { type ProxyAnswer, type ProxyInput, readAnswer } from '../docker-proxy.ts';
import { type GuardedDocker, startGuardedDocker } from '../guarded-docker.ts';
import { dialUnix, exchange, type RecordedTelemetry, recordedTelemetry } from '../wire.ts';

export interface Ground extends AsyncDisposable {
  readonly guarded: GuardedDocker;
  /** Full ids: of the caller, of another caller, and of nobody that the proxy knows. */
  readonly own: string;
  readonly other: string;
  readonly stranger: string;
  /** What a sandbox of `gateway` is made by. */
  readonly template: Template;
  /** Ids of commands, made and not started, in the first two. */
  readonly ownExec: string;
  readonly otherExec: string;
  /** Bytes as the caller `gateway` writes them; all that comes back until the end. */
  send(bytes: string | Buffer, socket?: string): Promise<ProxyAnswer>;
  /** Everything that the daemon has, as text; what changes by itself is left out. */
  picture(): Promise<string>;
  /** Another proxy before the same daemon; resolves to its socket. */
  proxyWith(input: ProxyInput): Promise<{ socket: string; telemetry: RecordedTelemetry }>;
}

/** So many that no attack is refused for being the next. */
const plenty = 1_000_000;
export const noRates = {
  requestsPerSecondMax: plenty,
  createsPerMinuteMax: plenty,
  execsPerMinuteMax: plenty,
};

export async function startGround(): Promise<Ground> {
  await using opened = new AsyncDisposableStack();
  const guarded = opened.use(await startGuardedDocker({ limits: noRates }));
  const { daemon, socketOf } = guarded;
  const make = async (owner: string, name: string) => {
    const body = { Image: daemon.image, Cmd: ['sleep', 'infinity'], HostConfig: { Init: true } };
    const made = await call(socketOf(owner), 'POST', `/containers/create?name=${name}`, body);
    const { Id } = JSON.parse(made.body);
    await call(socketOf(owner), 'POST', `/containers/${Id}/start`);
    const exec = await call(socketOf(owner), 'POST', `/containers/${Id}/exec`, { Cmd: ['id'] });
    return { id: String(Id), exec: String(JSON.parse(exec.body).Id) };
  };
  const own = await make('gateway', 'openclaw-sbx-own');
  const other = await make('other', 'openclaw-sbx-other');
  const run = ['run', '-d', '--init', '--name', 'stranger', '--network', 'none', '-e', 'KEY=s3'];
  const stranger = (await daemon.cli(...run, daemon.image, 'sleep', 'infinity')).stdout.trim();
  let proxies = 0;
  const kept = opened.move();
  return {
    ...{ guarded, stranger, template: templateOf(guarded) },
    ...{ own: own.id, other: other.id, ownExec: own.exec, otherExec: other.exec },
    send: (bytes, socket = socketOf('gateway')) => sendTo(socket, bytes),
    picture: () => pictureOf(guarded),
    async proxyWith(input) {
      proxies += 1;
      const socket = `${daemon.folder}/proxy-${proxies}.sock`;
      const settings = dockerProxySettings.parse({
        ...{ service: 'docker-proxy', admin: [], docker: `unix:${daemon.socket}` },
        listen: [{ address: `unix:${socket}`, caller: 'gateway' }],
        profile: 'sandbox',
        template: { images: [{ name: daemon.image }] },
        ...input,
      });
      const telemetry = recordedTelemetry('docker-proxy');
      kept.use(await dockerProxyRole.serve(settings, systemWorld(), telemetry));
      return { socket, telemetry };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function templateOf({ daemon, workspace }: GuardedDocker): Template {
  return sandboxTemplate.parse({
    images: [{ name: daemon.image, id: daemon.imageId }],
    binds: [{ source: workspace, target: '/workspace', readOnly: false }],
  });
}

async function sendTo(socket: string, bytes: string | Buffer): Promise<ProxyAnswer> {
  const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
  return readAnswer(await exchange(dialUnix(socket), text, 10_000));
}

export async function call(
  socket: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<ProxyAnswer> {
  const text = body === undefined ? (method === 'POST' ? '' : undefined) : JSON.stringify(body);
  const answer = await sendTo(socket, requestText(method, path, text));
  if (answer.status < 400) return answer;
  throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
}

interface Listed {
  readonly Id: string;
}

async function pictureOf({ daemon: { api } }: GuardedDocker): Promise<string> {
  const containers = (await api('GET', '/containers/json?all=1')) as readonly Listed[];
  const inspects = await Promise.all(containers.map(({ Id }) => inspect(api, Id)));
  const [images, volumes, networks, info] = await Promise.all([
    api('GET', '/images/json?all=1'),
    api('GET', '/volumes'),
    api('GET', '/networks'),
    api('GET', '/info'),
  ]);
  const { Swarm, Plugins } = info as { readonly Swarm: unknown; readonly Plugins: unknown };
  const { Volumes } = volumes as { readonly Volumes: unknown };
  const lists = { inspects, images, Volumes, networks };
  const lines = Object.entries(lists).flatMap(([name, list]) => linesOf(name, list));
  return [...lines, JSON.stringify(Swarm), JSON.stringify(Plugins)].join('\n');
}

/** One line each, in one order: the daemon's own is a different one each time. */
function linesOf(name: string, list: unknown): readonly string[] {
  const each = Array.isArray(list) ? list : [];
  return each.map((one) => `${name} ${JSON.stringify(one)}`).sort();
}

async function inspect(api: GuardedDocker['daemon']['api'], id: string): Promise<unknown> {
  const all = (await api('GET', `/containers/${id}/json`)) as Record<string, unknown>;
  const { Id, Name, Image, Config, HostConfig, Mounts, RestartCount, ExecIDs, State } = all;
  const { Status, Pid, StartedAt, Paused } = State as Record<string, unknown>;
  const state = { Status, Pid, StartedAt, Paused };
  return { Id, Name, Image, Config, HostConfig, Mounts, RestartCount, ExecIDs, state };
}
