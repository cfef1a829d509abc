// A probe: runs inside a service and tries to reach each target, many at once, with short
// deadlines. Self-contained by contract: only node: imports, its input is the constant probeInput,
// one JSON document out.

import { createSocket } from 'node:dgram';
import { lookup, Resolver } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';

export interface ReachTarget {
  readonly id: number;
  readonly kind: 'tcp' | 'udp' | 'unix' | 'abstract' | 'name';
  /** IP address, path, abstract name without its NUL, or name to look up. */
  readonly address: string;
  readonly port: number;
  /** What a canary says first, or answers: only then is its answer waited for. */
  readonly token: string | null;
}

export interface ReachInput {
  readonly targets: readonly ReachTarget[];
  readonly deadlineMs: number;
  /** How long a connected canary may take to speak. */
  readonly answerMs: number;
}

export interface ReachOutcome {
  readonly id: number;
  /** `connected`, `answered`, `sent` (no answer, no error), `timeout`, or the error's code. */
  readonly code: string;
  /** What was heard, cut; for a name the addresses. */
  readonly answer: string;
}

declare const probeInput: ReachInput;

/** What only a server's answer makes of a question; the others mean that none was heard. */
const serverSaid = new Set([
  'ENOTFOUND',
  'ENODATA',
  'ESERVFAIL',
  'EREFUSED',
  'EFORMERR',
  'ENOTIMP',
]);

/** Where nobody resolves it is refused at once: only who is short of time waits for that. */
const nameDeadlineMs = 8_000;

/** Fewer than a service may have open; it is the waits that take time, and few are waited for. */
const atOnce = 256;

/** Of a connection that may not have been one. */
const triesMax = 3;

const waiting = [...probeInput.targets];
const outcomes: ReachOutcome[] = [];
await Promise.all(Array.from({ length: atOnce }, work));
process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));

async function work(): Promise<void> {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
    outcomes.push(await tryTarget(target));
  }
}

async function tryTarget(target: ReachTarget): Promise<ReachOutcome> {
  const { id } = target;
  try {
    if (target.kind === 'udp') return { id, ...(await tryUdp(target)) };
    if (target.kind === 'name') return { id, ...(await tryName(target.address)) };
    return { id, ...(await tryStream(target)) };
  } catch (error) {
    return { id, code: codeOf(error), answer: '' };
  }
}

interface Tried {
  readonly code: string;
  readonly answer: string;
}

/**
 * A connection that the kernel does not know the other end of was not made: the loop was told so of
 * a socket that had its number before. Or whoever is there has hung up; who does so each time is
 * there.
 */
async function tryStream(target: ReachTarget): Promise<Tried> {
  for (let tries = 1; ; tries += 1) {
    const { isMade, ...tried } = await connectTo(target);
    if (isMade || tries === triesMax) return tried;
  }
}

function connectTo(target: ReachTarget): Promise<Tried & { readonly isMade: boolean }> {
  const { promise, resolve } = Promise.withResolvers<Tried & { readonly isMade: boolean }>();
  const isTcp = target.kind === 'tcp';
  const socket = isTcp
    ? connect({ host: target.address, port: target.port })
    : connect({ path: target.kind === 'abstract' ? `\0${target.address}` : target.address });
  let isMade = true;
  const end = (code: string, answer: string) => {
    cancel();
    socket.destroy();
    resolve({ code, answer, isMade });
  };
  let cancel = after(probeInput.deadlineMs, () => end('timeout', ''));
  socket.on('error', (error) => end(codeOf(error), ''));
  socket.on('connect', () => {
    isMade = !isTcp || socket.remoteAddress !== undefined;
    if (isTcp && isToItself(socket)) return end('ECONNREFUSED', '');
    if (target.token === null) return end('connected', '');
    cancel();
    cancel = after(probeInput.answerMs, () => end('connected', ''));
    socket.on('data', (data) => end('connected', data.toString('latin1').slice(0, 256)));
    socket.on('end', () => end('connected', ''));
  });
  return promise;
}

/**
 * From a port of its own that happens to be the one it asks for: TCP then opens from both ends
 * (RFC 9293, 3.5), and can only where nobody listens.
 */
function isToItself({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localAddress === remoteAddress && localPort === remotePort && localPort !== undefined;
}

/** A process that was short of time reads what has come in the meantime before it gives up. */
function after(delayMs: number, passed: () => void): () => void {
  let last: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    last = setImmediate(passed);
  }, delayMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(last);
  };
}

/** A connected datagram socket: the kernel looks the route up at once and reports ICMP errors. */
function tryUdp(target: ReachTarget): Promise<Tried> {
  const { promise, resolve } = Promise.withResolvers<Tried>();
  const socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
  const end = (code: string, answer: string) => {
    cancel();
    socket.close();
    resolve({ code, answer });
  };
  const cancel = after(probeInput.deadlineMs, () => end('sent', ''));
  socket.on('error', (error) => end(codeOf(error), ''));
  socket.on('message', (data) => end('answered', data.toString('latin1').slice(0, 256)));
  socket.connect(target.port, target.address, (error?: Error) => {
    if (error !== undefined && error !== null) return end(codeOf(error), '');
    socket.send(target.port === 53 ? dnsQuestion() : Buffer.from('clincher-probe'));
  });
  return promise;
}

/**
 * One A question for clincher-probe.invalid (RFC 1035, RFC 2606): any answer proves a resolver is
 * reachable.
 */
function dnsQuestion(): Buffer {
  const labels = ['clincher-probe', 'invalid'];
  const name = labels.map((label) => String.fromCharCode(label.length) + label).join('');
  const header = Buffer.from([0x17, 0x17, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, Buffer.from(`${name}\0`, 'latin1'), Buffer.from([0, 1, 0, 1])]);
}

/**
 * The system's way (getaddrinfo), then a resolver asked straight: nsswitch.conf may leave DNS out
 * of the first. `no-such-name` is an answer: some resolver gave it.
 */
async function tryName(name: string): Promise<Tried> {
  const system = lookup(name, { all: true }).then((all) => all.map((one) => one.address).join(' '));
  const timeout = Math.max(probeInput.deadlineMs, nameDeadlineMs);
  const resolver = new Resolver({ timeout, tries: 1 });
  const direct = resolver.resolve4(name).then((all) => all.join(' '));
  const [first, second] = await Promise.allSettled([system, direct]);
  if (first.status === 'fulfilled') return { code: 'answered', answer: first.value };
  if (second.status === 'fulfilled') return { code: 'answered', answer: second.value };
  const code = codeOf(second.reason);
  return serverSaid.has(code) ? { code: 'no-such-name', answer: code } : { code, answer: '' };
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? (error as Error).message.slice(0, 100);
}
