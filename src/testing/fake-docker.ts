// A Docker daemon as the proxy sees one, small enough to be told what to do wrong: it keeps
// containers and commands, writes down what reaches it, and turns connections into streams.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { RequestHead } from '../net/http1/request-head.ts';
import { RequestReader } from '../net/http1/request-reader.ts';
import { headText, writeWhole } from '../net/http1/write-answer.ts';

export interface FakeContainer {
  readonly Id: string;
  Name: string;
  readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly Image: string };
  readonly Image: string;
  Mounts: { Type: string; Source: string }[];
}

export interface FakeRequest {
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly head: RequestHead;
  readonly body: string;
}

/** Answers in the place of the daemon; false leaves the request to it. */
export type FakeAnswer = (request: FakeRequest, socket: Socket) => boolean | Promise<boolean>;

export interface FakeDocker extends AsyncDisposable {
  readonly path: string;
  readonly seen: FakeRequest[];
  readonly containers: Map<string, FakeContainer>;
  /** What it says it is in /info. */
  engineId: string;
  imageId: string;
  instead: FakeAnswer | null;
  /** What a started command does with its connection; a cat by default. */
  run: (socket: Socket, early: Buffer) => void;
  /** Of the proxy to it, since the start. */
  connections: number;
  add(name: string, labels?: Readonly<Record<string, string>>): FakeContainer;
  /** All that reached it but questions about what is there. */
  acts(): readonly string[];
}

const readerLimits = {
  ...{ headerBytesMax: 65_536, headerTimeoutMs: 5_000 },
  ...{ bodyTimeoutMs: 5_000, idleTimeoutMs: 600_000 },
};

export async function fakeDocker(path: string): Promise<FakeDocker> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    docker.connections += 1;
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    void converse(docker, socket);
  });
  const docker: FakeDocker = {
    path,
    seen: [],
    containers: new Map(),
    engineId: 'ENGINE:ONE',
    imageId: `sha256:${'1'.repeat(64)}`,
    instead: null,
    run: runCat,
    connections: 0,
    add(name, labels = {}) {
      const container: FakeContainer = {
        Id: randomBytes(32).toString('hex'),
        Name: `/${name}`,
        Config: { Labels: labels, Image: 'sandbox:1' },
        Image: docker.imageId,
        Mounts: [],
      };
      docker.containers.set(container.Id, container);
      return container;
    },
    acts: () =>
      docker.seen
        .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
        .map(({ method, path: target }) => `${method} ${target}`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  server.listen(path);
  await once(server, 'listening');
  return docker;
}

async function converse(docker: FakeDocker, socket: Socket): Promise<void> {
  const reader = new RequestReader(socket, readerLimits);
  while (true) {
    const next = await reader.nextHead();
    if (next.state !== 'head') return void socket.destroy();
    const { head } = next;
    const body = await reader.body(head.framing, 1e9);
    if (body.state !== 'body') return void socket.destroy();
    const path = head.target.replace(/^\/v1\.[0-9]+/, '');
    const request = { method: head.method, path, head, body: body.bytes.toString('latin1') };
    docker.seen.push(request);
    const isStream = /^\/exec\/[^/]+\/start$|\/attach(?:\?|$)/.test(path);
    if (await docker.instead?.(request, socket)) continue;
    if (isStream && !/"Detach":true/.test(request.body)) {
      const early = reader.release();
      hijack(docker, socket, head, early);
      return;
    }
    answer(docker, request, socket);
  }
}

function hijack(docker: FakeDocker, socket: Socket, head: RequestHead, early: Buffer): void {
  const type = ['Content-Type', 'application/vnd.docker.raw-stream'];
  const upgraded = [...type, 'Connection', 'Upgrade', 'Upgrade', 'tcp'];
  const status = head.upgrade === null ? 200 : 101;
  socket.write(headText(status, [...(status === 200 ? type : upgraded), 'Api-Version', '1.47']));
  docker.run(socket, early);
}

function runCat(socket: Socket, early: Buffer): void {
  if (early.length > 0) socket.write(early);
  socket.on('data', (bytes: Buffer) => {
    if (!socket.write(bytes)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.once('end', () => socket.end('[stdin is over]'));
  socket.resume();
}

export function send(socket: Socket, status: number, value?: unknown): true {
  const body = value === undefined ? '' : `${JSON.stringify(value)}\n`;
  const type = value === undefined ? [] : ['Content-Type', 'application/json'];
  const length = status === 204 ? [] : ['Content-Length', String(Buffer.byteLength(body))];
  writeWhole(socket, headText(status, [...type, 'Api-Version', '1.47', ...length]), body);
  return true;
}

function answer(docker: FakeDocker, request: FakeRequest, socket: Socket): void {
  const { method, path } = request;
  const [target = '', query = ''] = path.split('?');
  const parts = target.slice(1).split('/');
  const text = decodeURIComponent(parts[1] ?? '');
  if (target === '/info') return void send(socket, 200, { ID: docker.engineId });
  if (target === '/_ping') return void ping(socket, method);
  if (target === '/version') return void send(socket, 200, { ApiVersion: '1.47' });
  if (target === '/containers/json') {
    return void send(socket, 200, listed(docker, new URLSearchParams(query)));
  }
  if (target === '/containers/create') return void create(docker, request, socket, query);
  if (parts[0] === 'images') {
    return void send(socket, 200, { Id: docker.imageId, RepoTags: [text] });
  }
  if (parts[0] === 'exec') {
    const id = { ID: text, Running: false, ExitCode: 0, ContainerID: '0'.repeat(64) };
    return void send(socket, 200, id);
  }
  const container = find(docker, text);
  if (container === null) {
    return void send(socket, 404, { message: `No such container: ${text}` });
  }
  if (method === 'GET') return void send(socket, 200, container);
  if (parts[2] === 'exec') {
    const Id = createHash('sha256').update(randomBytes(8)).digest('hex');
    return void send(socket, 201, { Id });
  }
  if (method === 'DELETE') docker.containers.delete(container.Id);
  send(socket, 204);
}

function ping(socket: Socket, method: string): void {
  const head = headText(200, ['Api-Version', '1.47', 'Content-Length', '2']);
  writeWhole(socket, head, method === 'HEAD' ? null : 'OK');
}

/** By the daemon's rules: full id, then name, then the one id that begins so. */
function find({ containers }: FakeDocker, text: string): FakeContainer | null {
  const all = [...containers.values()];
  const exact = containers.get(text) ?? all.find(({ Name }) => Name === `/${text}`);
  const begun = all.filter(({ Id }) => Id.startsWith(text));
  return exact ?? (begun.length === 1 ? (begun[0] ?? null) : null);
}

interface Filters {
  readonly label?: readonly string[] | Readonly<Record<string, boolean>>;
}

function listed({ containers }: FakeDocker, query: URLSearchParams) {
  const { label = [] } = JSON.parse(query.get('filters') ?? '{}') as Filters;
  // A list, or a map of each to true: the API has both.
  const labels = Array.isArray(label) ? label : Object.keys(label);
  return [...containers.values()]
    .map(listedAs)
    .filter(({ Labels }) => labels.every((one) => has(Labels, one)));
}

function listedAs({ Id, Name, Config }: FakeContainer) {
  const seen = { State: 'running', Created: 1_790_000_000 };
  return { Id, Names: [Name], Image: Config.Image, Labels: Config.Labels, ...seen };
}

function has(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const [name = '', value] = wanted.split('=');
  return Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
}

function create(docker: FakeDocker, { body }: FakeRequest, socket: Socket, query: string): void {
  const { Labels } = JSON.parse(body) as { Labels?: Record<string, string> };
  const name = new URLSearchParams(query).get('name') ?? `made-${docker.containers.size}`;
  const { Id } = docker.add(name, Labels ?? {});
  send(socket, 201, { Id, Warnings: [] });
}
