// Makes the jails that a service asks for: the service says which scope and which command, the plan
// has said everything else. The service itself has no right that making a jail needs.

import { closeSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { HostPaths } from '../../host/host-paths.ts';
import { ClincherError } from '../../kit/error.ts';
import {
  type JailAnswer,
  type JailOrder,
  jailOrderSchema,
  orderBytesMax,
  pipeNames,
} from '../../kit/jail-order.ts';
import type { JailsPlan } from '../../plan/model.ts';
import { type Cgroup, openCgroup } from './cgroup.ts';
import type { CgroupHome } from './cgroup-home.ts';
import { listenPrivately, readLine } from './control-server.ts';
import { type Jail, startJail } from './jail.ts';
import type { MachineFacts } from './machine-facts.ts';
import { makePipes, openBothWays } from './pipes.ts';
import { sessionSpec } from './session-spec.ts';

export interface SessionJailsParts {
  readonly service: string;
  readonly plan: JailsPlan;
  readonly paths: HostPaths;
  readonly machine: MachineFacts;
  readonly cgroups: CgroupHome;
  readonly onOutput: Parameters<typeof startJail>[0]['onOutput'];
}

const askTimeoutMs = 10_000;
/** Enough for a complaint of bubblewrap's; of more the log's own records would be driven out. */
const saidBytesMax = 512;

export class SessionJails implements AsyncDisposable {
  readonly #parts: SessionJailsParts;
  readonly #folder: string;
  readonly #cgroups = new Map<string, Cgroup>();
  readonly #sessions = new Map<Socket, Promise<void>>();
  #server: Server | null = null;
  #made = 0;

  constructor(parts: SessionJailsParts) {
    this.#parts = parts;
    this.#folder = parts.paths.edge(parts.plan.edge);
  }

  /** Throws the system's error; a second call changes nothing. */
  async open(): Promise<void> {
    if (this.#server !== null) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#folder)) {
      rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    await listenPrivately(server, join(this.#folder, 'sock'));
    this.#server = server;
  }

  /** A service that is gone has nobody left to give the output to. */
  async endAll(): Promise<void> {
    for (const socket of this.#sessions.keys()) socket.destroy();
    await Promise.all(this.#sessions.values());
  }

  /** Every jail ends; the next open() starts anew. The folders of the scopes stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.close();
    this.#server = null;
    await this.endAll();
    for (const group of this.#cgroups.values()) group.remove();
    this.#cgroups.clear();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#sessions.size >= this.#parts.plan.jailsMax) {
      answer(socket, { refused: 'as many commands run as may' });
      socket.end();
      return;
    }
    const session = this.#serve(socket)
      .catch((error: unknown) => answer(socket, { refused: refusal(error) }))
      .finally(() => {
        socket.end();
        this.#sessions.delete(socket);
      });
    this.#sessions.set(socket, session);
  }

  async #serve(socket: Socket): Promise<void> {
    const asked = setTimeout(() => socket.destroy(), askTimeoutMs);
    const line = await readLine(socket, orderBytesMax).finally(() => clearTimeout(asked));
    if (line === '') return;
    const order = jailOrderSchema.parse(JSON.parse(line));
    if (!this.#parts.plan.scopes.includes(order.scope)) throw new Error('no such scope');
    await this.#run(order, socket);
  }

  async #run(order: JailOrder, socket: Socket): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    // Nothing more is to be said: whatever comes, its end included, means that the asker has left.
    socket.once('end', () => socket.destroy()).resume();
    this.#made += 1;
    const name = String(this.#made);
    const pipes = join(this.#folder, name);
    try {
      await makePipes(pipes, pipeNames);
      if (gone.signal.aborted) return;
      answer(socket, { pipes: name });
      const jail = await this.#startFor(gone.signal, order, pipes);
      answer(socket, { started: true });
      if (gone.signal.aborted) await jail.stop(0);
      gone.signal.addEventListener('abort', () => void jail.stop(0));
      answer(socket, { ended: codeOf(await jail.ended) });
    } finally {
      rmSync(pipes, { recursive: true, force: true });
    }
  }

  /**
   * A jail that waits for who has left is let go on, and ended once it is made: bubblewrap killed
   * half way would leave a process that nobody knows.
   */
  async #startFor(gone: AbortSignal, order: JailOrder, pipes: string): Promise<Jail> {
    const opened: number[] = [];
    const letGoOn = () => opened.push(...openBothWays(pipes, pipeNames));
    gone.addEventListener('abort', letGoOn);
    try {
      return await this.#start(order, pipes);
    } finally {
      gone.removeEventListener('abort', letGoOn);
      for (const fd of opened) closeSync(fd);
    }
  }

  #start(order: JailOrder, pipes: string): Promise<Jail> {
    const { service, plan, paths, machine, cgroups, onOutput } = this.#parts;
    const home = join(paths.state(service), order.scope);
    const folders = { workspace: join(home, 'workspace'), temporary: join(home, 'tmp') };
    for (const folder of Object.values(folders))
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    const spec = sessionSpec(service, plan, order, folders, paths.etc, machine);
    return startJail({
      spec,
      pipes,
      inherits: [],
      limits: plan.limits,
      fileBytesMax: order.onlyDelete ? 0 : plan.fileBytesMax,
      mechanism: cgroups.mechanism,
      cgroup: this.#cgroupOf(order.scope),
      onOutput: (stream) => onOutput(Readable.from(quoted(stream, service))),
    });
  }

  /** One for all jails of a scope: what it may use does not grow with the commands it runs. */
  #cgroupOf(scope: string): Cgroup {
    const { service, plan, cgroups } = this.#parts;
    const group =
      this.#cgroups.get(scope) ?? openCgroup(cgroups, `${service}.${scope}`, plan.limits);
    this.#cgroups.set(scope, group);
    return group;
  }
}

/**
 * A command is whoever its jail's first process is, and can take that one's streams
 * (pidfd_getfd(2)): what comes is a text, and never a line of the log that it could be read as.
 */
async function* quoted(stream: Readable, service: string): AsyncGenerator<string> {
  let left = saidBytesMax;
  for await (const chunk of stream) {
    const text = String(chunk).slice(0, left);
    left -= text.length;
    if (text !== '') yield `[clincher] a jail of ${service} said ${JSON.stringify(text)}\n`;
  }
}

function answer(socket: Socket, said: JailAnswer): void {
  if (socket.writable) socket.write(`${JSON.stringify(said)}\n`);
}

/** As a shell tells it: 128 and the number of the signal. */
function codeOf(outcome: string): number {
  const code = /^exit code (\d+)$/.exec(outcome)?.[1];
  return code === undefined ? 137 : Number(code) & 0xff;
}

/** What the service may know: no path of the host. */
function refusal(error: unknown): string {
  if (error instanceof ClincherError) return 'the jail could not be made';
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code === 'string') return `the jail could not be made: ${code}`;
  return 'the order was not understood';
}
