// Connections to the Docker daemon: a few are kept open between calls, and a new one counts only
// once it is known that the same daemon is behind it.

import { statSync } from 'node:fs';
import { parseAddress } from '../../kit/address.ts';
import { assert } from '../../kit/assert.ts';
import type { BulkSocket } from '../../net/bulk-socket.ts';
import { dialAddress, dialUnixSocket } from '../../net/dial.ts';
import { AnswerStream } from '../../net/http1/answer-stream.ts';
import type { Reason } from '../../policy/reasons.ts';

export interface DaemonLink {
  readonly socket: BulkSocket;
  readonly stream: AnswerStream;
}

export type Opened = { readonly link: DaemonLink } | DaemonFailure;
export interface DaemonFailure {
  readonly failed: Reason;
  /** What the system said, for the record. */
  readonly error: string;
}

/** Asks over a link who the daemon is: its id, which it keeps over a restart. */
export type AskIdentity = (link: DaemonLink) => Promise<string | null>;

/** Kept open while nobody uses them. */
const idleMax = 16;

export class DaemonPool {
  readonly #address: string;
  /** Of its socket; null for a TCP address. */
  readonly #path: string | null;
  readonly #dialTimeoutMs: number;
  readonly #askIdentity: AskIdentity;
  readonly #idle: DaemonLink[] = [];
  readonly #open = new Set<BulkSocket>();
  /** Of the first daemon that answered; null until then. */
  #daemonId: string | null = null;
  /** The socket file behind which it was asked last; null when it must be asked anew. */
  #askedAt: string | null = null;
  #fault: string | null = null;

  constructor(address: string, dialTimeoutMs: number, askIdentity: AskIdentity) {
    this.#address = address;
    const parsed = parseAddress(address);
    this.#path = parsed?.kind === 'unix' ? parsed.path : null;
    this.#dialTimeoutMs = dialTimeoutMs;
    this.#askIdentity = askIdentity;
  }

  /** A link that is the caller's until its answer has ended. Never rejects. */
  async open(): Promise<Opened> {
    if (this.#fileNow() !== this.#askedAt) this.#forget();
    const kept = this.#idle.pop();
    if (kept !== undefined) return { link: kept };
    const opened = await this.#dial();
    this.#fault = 'failed' in opened ? opened.error : null;
    return opened;
  }

  /** Why the last connection failed; null when it did not. */
  fault(): string | null {
    return this.#fault;
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async #dial(): Promise<Opened> {
    const file = this.#fileNow();
    let socket: BulkSocket;
    try {
      socket = await dialDaemon(this.#address, this.#dialTimeoutMs);
    } catch (error) {
      return { failed: 'upstream-unreachable', error: codeOf(error) };
    }
    const link = this.#linkOf(socket);
    if (file !== null && file === this.#askedAt) return { link };
    const id = await this.#askIdentity(link);
    if (id === null || file === null || file !== this.#fileNow()) {
      socket.destroy();
      return { failed: 'upstream-unreachable', error: 'it does not say who it is' };
    }
    // The containers that were checked are another daemon's: nothing here is what it was.
    if (this.#daemonId !== null && this.#daemonId !== id) {
      socket.destroy();
      return { failed: 'docker-daemon-changed', error: `it is ${id}, not ${this.#daemonId}` };
    }
    this.#daemonId = id;
    this.#askedAt = file;
    // The answer about its identity has put it among the idle ones, where it may be gone from.
    const index = this.#idle.indexOf(link);
    if (index === -1) return this.open();
    this.#idle.splice(index, 1);
    return { link };
  }

  #linkOf(socket: BulkSocket): DaemonLink {
    const stream: AnswerStream = new AnswerStream(socket, () => {
      if (this.#idle.length < idleMax) this.#idle.push(link);
      else socket.destroy();
    });
    const link = { socket, stream };
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      const index = this.#idle.indexOf(link);
      if (index === -1) return;
      this.#idle.splice(index, 1);
      // Nobody but the daemon closes an idle one: it may be another that comes back.
      this.#askedAt = null;
    });
    return link;
  }

  #forget(): void {
    this.#askedAt = null;
    for (const { stream } of this.#idle.splice(0)) stream.destroy();
  }

  /** Which file the socket is; a fixed text for a TCP address, null when there is none. */
  #fileNow(): string | null {
    if (this.#path === null) return this.#address;
    const file = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return file === undefined ? null : `${file.dev}:${file.ino}:${file.ctimeNs}`;
  }
}

async function dialDaemon(text: string, timeoutMs: number): Promise<BulkSocket> {
  const address = parseAddress(text);
  assert(address?.kind === 'unix' || address?.kind === 'tcp', `cannot be dialled: ${text}`);
  const socket =
    address.kind === 'unix'
      ? await dialUnixSocket(address.path, timeoutMs)
      : await dialAddress(address.host, address.port, timeoutMs);
  return socket as BulkSocket;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
