// A probe: runs inside a service and writes attacks, byte by byte, to the doors of its neighbours;
// what comes back is told. Self-contained: see reach.ts.

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

export interface Shot {
  readonly id: number;
  /** A Unix socket inside this service, or an address that it reaches. */
  readonly at: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** With TLS, asking for this server. */
  readonly serverName: string | null;
  /** One character for each byte. */
  readonly bytes: string;
  /** A byte at a time, with so long between. */
  readonly dripMs?: number;
}

export interface FireInput {
  readonly shots: readonly Shot[];
  /** What stands in the bytes for the text of a file in here: a key never leaves the service. */
  readonly files: Readonly<Record<string, string>>;
  readonly atOnce: number;
  readonly deadlineMs: number;
  /** How long one that has answered may take to hang up. */
  readonly quietMs: number;
  /** How much of an answer is kept, where that is more than its beginning. */
  readonly textMax?: number;
  /** Reasons with which a guard says that it did not look: then it is tried again. */
  readonly busy: readonly string[];
}

export interface Heard {
  readonly id: number;
  /** The beginning of what came back, one character for each byte. */
  readonly text: string;
  /** How many HTTP answers it was. */
  readonly answers: number;
  /** The error's code, `timeout`, or empty. */
  readonly code: string;
}

declare const probeInput: FireInput;

const triesMax = 8;
const textMax = probeInput.textMax ?? 4_096;

const texts = Object.entries(probeInput.files).map(
  ([mark, path]) => [mark, readText(path)] as const,
);
const waiting = [...probeInput.shots];
const heard: Heard[] = [];
await Promise.all(Array.from({ length: probeInput.atOnce }, fireNext));
process.stdout.write(JSON.stringify(heard), () => process.exit(0));

async function fireNext(): Promise<void> {
  for (let shot = waiting.shift(); shot !== undefined; shot = waiting.shift()) {
    let answer = await fire(shot);
    for (let tries = 1; tries < triesMax && isBusy(answer); tries += 1) {
      await pause(150 * tries);
      answer = await fire(shot);
    }
    heard.push(answer);
  }
}

function isBusy({ text }: Heard): boolean {
  const reason = /\r\nx-clincher-reason: ([a-z-]+)\r\n/i.exec(text)?.[1] ?? '';
  return probeInput.busy.includes(reason);
}

function fire({ id, at, serverName, bytes, dripMs }: Shot): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const socket = dial(at, serverName);
  let text = '';
  let drip: NodeJS.Timeout | undefined;
  const end = (code: string) => {
    clearTimeout(timer);
    clearInterval(drip);
    socket.destroy();
    const answers = text.match(/HTTP\/1\.[01] [0-9]{3}/g)?.length ?? 0;
    resolve({ id, text: text.slice(0, textMax), answers, code });
  };
  let timer = setTimeout(() => end('timeout'), probeInput.deadlineMs);
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  socket.on('close', () => end(''));
  socket.on('data', (data) => {
    text += data.toString('latin1');
    clearTimeout(timer);
    timer = setTimeout(() => end(''), probeInput.quietMs);
    // Of an answer without an end the beginning says enough.
    if (text.length > 16 * textMax) end('');
  });
  const filled = texts.reduce((all, [mark, value]) => all.replaceAll(mark, value), bytes);
  const said = Buffer.from(filled, 'latin1');
  let sent = dripMs === undefined ? said.length : 1;
  socket.write(said.subarray(0, sent));
  const next = () => {
    if (sent < said.length) socket.write(said.subarray(sent, sent + 1));
    sent += 1;
  };
  drip = setInterval(next, dripMs ?? probeInput.deadlineMs);
  return promise;
}

function dial(at: Shot['at'], serverName: string | null): Socket {
  const plain = 'socketPath' in at ? connect({ path: at.socketPath }) : connect(at);
  if (serverName === null) return plain;
  // Who it is does not matter here: what is tried is what it lets through.
  const named = serverName === '' ? {} : { servername: serverName };
  return connectTls({ socket: plain, ...named, rejectUnauthorized: false });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
