// The egress role on a Unix socket, with a resolver that answers from a list and remembers who
// asked, and a canary listener that remembers who came.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type * as z from 'zod';
import type { Health } from '../kit/running.ts';
import { systemWorld } from '../kit/world.ts';
import { type Dial, dialAddress } from '../net/dial.ts';
import { egressRole, serveEgress } from '../roles/egress/serve.ts';
import type { egressSettings } from '../roles/egress/settings.ts';
import {
  dialUnix,
  exchange,
  type RecordedTelemetry,
  recordedTelemetry,
  temporaryFolder,
} from './wire.ts';

type SettingsInput = z.input<typeof egressSettings>;

export interface EgressOptions {
  readonly settings: Pick<SettingsInput, 'rules'> & Partial<SettingsInput>;
  /** What the resolver answers, by name; a name it does not have is not found. */
  readonly answers?: Readonly<Record<string, readonly string[]>>;
  /** Or the resolver itself; `system` is the machine's. */
  readonly resolve?: 'system' | ((name: string) => Promise<readonly string[]>);
  readonly dial?: Dial;
  /** Why its record cannot be written. */
  readonly fault?: () => string | null;
}

export interface RunningEgress extends AsyncDisposable {
  /** Of the listener made for llm: `unix:/...`. */
  readonly address: string;
  /** Of the one made for the gateway. */
  readonly gatewayAddress: string;
  readonly telemetry: RecordedTelemetry;
  health(): Health;
  /** Every name the resolver was asked for, in order. */
  readonly resolved: readonly string[];
  connect(): Socket;
  /** Writes the bytes and gives all that comes back until the role closes. */
  send(bytes: string): Promise<string>;
  stop(): Promise<void>;
}

export async function openEgress(options: EgressOptions): Promise<RunningEgress> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'llm.sock');
  const gatewayAddress = `unix:${join(folder.path, 'gateway.sock')}`;
  const resolved: string[] = [];
  const system = systemWorld();
  const given = options.resolve ?? (async (name) => listed(options.answers ?? {}, name));
  const lookUp = given === 'system' ? system.resolve : given;
  const world = {
    ...system,
    resolve: async (name: string) => {
      resolved.push(name);
      return lookUp(name);
    },
  };
  const telemetry = { ...recordedTelemetry('egress'), fault: options.fault ?? (() => null) };
  const settings = egressRole.settings.parse({
    service: 'egress',
    admin: [],
    listen: [
      { address: `unix:${path}`, caller: 'llm' },
      { address: gatewayAddress, caller: 'gateway' },
    ],
    ...options.settings,
  });
  const running = await serveEgress(settings, world, telemetry, options.dial ?? dialAddress);
  return {
    address: `unix:${path}`,
    gatewayAddress,
    telemetry,
    health: () => running.health(),
    resolved,
    connect: () => dialUnix(path),
    send: (bytes) => exchange(dialUnix(path), bytes),
    stop: () => Promise.resolve(running[Symbol.asyncDispose]()),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function listed(answers: Readonly<Record<string, readonly string[]>>, name: string) {
  const found = Object.hasOwn(answers, name) ? answers[name] : undefined;
  if (found === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  return found;
}

export interface Canary extends AsyncDisposable {
  readonly port: number;
  /** What each contact sent, as it arrives. */
  readonly contacts: readonly { readonly text: string }[];
  /** Resolves once somebody has sent something. */
  spokenTo(): Promise<void>;
}

/**
 * Listens at every address of the network it is in; to be reached is what a broken guard looks
 * like.
 */
export async function openCanary(port = 0, host = '::'): Promise<Canary> {
  const contacts: { text: string }[] = [];
  const sockets = new Set<Socket>();
  const spoken = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    const contact = { text: '' };
    contacts.push(contact);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      contact.text += chunk.toString('latin1');
      spoken.resolve();
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    contacts,
    spokenTo: () => spoken.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
