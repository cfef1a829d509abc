// The Docker proxy before a fake daemon, and the ways tests speak to it: bytes as an attacker
// writes them, and plain calls.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type * as z from 'zod';
import type { Health } from '../kit/running.ts';
import { systemWorld } from '../kit/world.ts';
import { dockerProxyRole } from '../roles/docker-proxy/serve.ts';
import { dockerProxySettings } from '../roles/docker-proxy/settings.ts';
import { type FakeDocker, fakeDocker } from './fake-docker.ts';
import { exchange, type RecordedTelemetry, recordedTelemetry, temporaryFolder } from './wire.ts';

export type ProxyInput = Partial<z.input<typeof dockerProxySettings>>;

export interface ProxyAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Of a refusal. */
  readonly reason: string | null;
}

export interface TestDockerProxy extends AsyncDisposable {
  readonly docker: FakeDocker;
  readonly telemetry: RecordedTelemetry;
  health(): Health;
  /** The record of that number, from one on, once it is written. */
  recorded(number: number): Promise<Readonly<Record<string, unknown>>>;
  /** A connection of this caller. */
  dial(caller?: string, options?: { readonly allowHalfOpen: boolean }): Socket;
  /** Bytes on a connection of their own, and all that comes back until it ends. */
  send(bytes: string, caller?: string): Promise<ProxyAnswer>;
  call(method: string, path: string, body?: unknown, caller?: string): Promise<ProxyAnswer>;
}

/** Callers `gateway` and `other`, in the profile sandbox with the image `sandbox:1`. */
export async function startDockerProxy(
  input: ProxyInput = {},
  fault: () => string | null = () => null,
): Promise<TestDockerProxy> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder()).path;
  const docker = opened.use(await fakeDocker(`${folder}/docker.sock`));
  const settings = dockerProxySettings.parse({
    service: 'docker-proxy',
    admin: [],
    listen: ['gateway', 'other'].map((caller) => ({ address: `unix:${folder}/${caller}`, caller })),
    docker: `unix:${docker.path}`,
    profile: 'sandbox',
    template: { images: [{ name: 'sandbox:1' }], names: ['*'] },
    ...input,
  });
  const telemetry = { ...recordedTelemetry('docker-proxy'), fault };
  const running = opened.use(await dockerProxyRole.serve(settings, systemWorld(), telemetry));
  const dialled: Socket[] = [];
  opened.defer(() => {
    for (const socket of dialled) socket.destroy();
  });
  const dial = (caller = 'gateway', { allowHalfOpen } = { allowHalfOpen: false }) => {
    const socket = connect({ path: `${folder}/${caller}`, allowHalfOpen }).on('error', () => {});
    dialled.push(socket);
    return socket;
  };
  const send = async (bytes: string, caller?: string) =>
    readAnswer(await exchange(dial(caller), bytes));
  const kept = opened.move();
  return {
    docker,
    telemetry,
    health: () => running.health(),
    async recorded(number) {
      while (telemetry.decisions().length < number) await delay(2);
      return telemetry.decisions()[number - 1] ?? {};
    },
    dial,
    send,
    call: (method, path, body, caller) => send(callText(method, path, body), caller),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export function callText(method: string, path: string, body?: unknown): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length = `Content-Length: ${Buffer.byteLength(text)}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n`;
  return `${head}${method === 'GET' || method === 'HEAD' ? '' : length}\r\n${text}`;
}

/** As it came: a chunked body with its chunks. */
export function readAnswer(text: string): ProxyAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end === -1 ? 0 : end);
  const body = end === -1 ? '' : text.slice(end + 4);
  const status = Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(text)?.[1] ?? 0);
  return { status, head, body, reason: /^x-clincher-reason: (.*)$/im.exec(head)?.[1] ?? null };
}

/** Collects what a connection gives, and waits for what it must give. */
export function collect(socket: Socket): {
  text(): string;
  more(): Promise<void>;
  until(pattern: RegExp): Promise<string>;
  ended(): Promise<string>;
} {
  let text = '';
  let over = false;
  let wake = () => {};
  const end = () => {
    over = true;
    wake();
  };
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  socket
    .on('error', () => {})
    .once('end', end)
    .once('close', end);
  const more = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    return promise;
  };
  return {
    text: () => text,
    more,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (over) throw new Error(`it ended with: ${text}`);
        await more();
      }
      return text;
    },
    async ended() {
      while (!over) await more();
      return text;
    },
  };
}

/** A container of this caller, as the proxy would have made it. */
export const ownedBy = (caller: string) => ({ 'clincher.owner': `clincher/${caller}` });
