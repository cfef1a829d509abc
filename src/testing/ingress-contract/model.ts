// What every ingress has to do, whoever does it: a case asks one that runs, from outside, and looks
// at what reached the service behind.

import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { IngressProperty } from '../../policy/ingress-programs.ts';
import type { startIngress, TestIngress } from '../ingress.ts';

export type Start = (
  routes: Parameters<typeof startIngress>[0],
  more?: Omit<NonNullable<Parameters<typeof startIngress>[1]>, 'program'>,
) => Promise<TestIngress>;

export interface IngressCase {
  /** What of docs/ingress.md it is about: a program that cannot do it has to fail all its cases. */
  readonly property: IngressProperty;
  readonly name: string;
  run(start: Start): Promise<void>;
}

export const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
export const metrics = { prefix: '/metrics', service: 'metrics', to: 'mx', bearerFile: 'token' };

const patienceMs = 15_000;
const againMs = 20;

/** What is asserted holds in the end: a program may take a moment to hear, or to write its log. */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  boundMs = patienceMs,
): Promise<T> {
  const deadlineMs = performance.now() + boundMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await delay(againMs);
    }
  }
}

/**
 * A service that answers half, and breaks off when it is told to: a program that learns of both at
 * once may say that nothing came.
 */
export function halfAnswer(server: Server): () => void {
  let breakOff = () => {};
  server.removeAllListeners('request');
  server.on('request', (_, response: ServerResponse) => {
    breakOff = () => response.destroy();
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('half');
  });
  return () => breakOff();
}

type Records = ReturnType<TestIngress['telemetry']['decisions']>;

/** The records of requests, once there are so many. */
export function recorded(ingress: TestIngress, count: number): Promise<Records> {
  return eventually(() => {
    const decisions = ingress.telemetry.decisions();
    if (decisions.length < count) throw new Error(`${decisions.length} of ${count} recorded`);
    return decisions;
  });
}

export function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** All that comes until the other side closes, whatever way, or `waitMs` of it. */
export async function talk(socket: Socket, bytes: string, waitMs = 10_000): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const timer = setTimeout(() => socket.destroy(), waitMs);
  socket.write(bytes, 'latin1');
  await closeOf(socket);
  clearTimeout(timer);
  return text;
}
