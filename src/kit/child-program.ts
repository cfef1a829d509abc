// What a role does with a program that it starts and keeps: its output as lines, and its end, with
// all that it started itself.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const lineCharsMax = 8_192;

/** A line without an end must not fill the memory: what is too long is said in pieces. */
export function eachLine(stream: Readable, say: (line: string) => void): void {
  const lines = new LineCutter(say);
  stream.on('data', (chunk: Buffer) => lines.add(chunk));
  stream.once('end', () => lines.end());
}

export class LineCutter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #say: (line: string) => void;
  #pending = '';

  /** Lines come without their end; empty ones do not come. */
  constructor(say: (line: string) => void) {
    this.#say = (line) => {
      const text = line.trimEnd().slice(0, lineCharsMax);
      if (text !== '') say(text);
    };
  }

  add(chunk: Buffer): void {
    const lines = (this.#pending + this.#decoder.write(chunk)).split('\n');
    this.#pending = lines.pop() ?? '';
    lines.forEach(this.#say);
    if (this.#pending.length >= lineCharsMax) this.end();
  }

  end(): void {
    this.#say(this.#pending);
    this.#pending = '';
  }
}

/**
 * SIGTERM first, SIGKILL to its whole group after the grace: it was started `detached`. `killed` is
 * told of the second.
 */
export async function endGroup(
  child: ChildProcess,
  graceMs: number,
  killed: () => void,
): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      killed();
      killGroup(pid);
    }, graceMs);
    await exited;
    clearTimeout(timer);
  }
  // What it left behind holds its sockets and its files.
  killGroup(pid);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
