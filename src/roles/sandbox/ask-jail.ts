// Asks the driver for one jail and holds its streams: named pipes beside the socket that it is
// asked at.

import { closeSync, constants, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { parseAddress } from '../../kit/address.ts';
import { assert } from '../../kit/assert.ts';
import { type JailAnswer, type JailOrder, jailAnswerSchema } from '../../kit/jail-order.ts';

export interface AskedJail {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Its exit code; 255 when the driver went away. */
  readonly ended: Promise<number>;
  /** Ends every process in it, now. */
  kill(): void;
}

const answerBytesMax = 4_096;

/** Rejects with an Error that says why there is no jail; nothing is left open then. */
export function askJail(address: string, order: JailOrder, timeoutMs: number): Promise<AskedJail> {
  const parsed = parseAddress(address);
  assert(parsed?.kind === 'unix', `jails are asked for at a Unix socket, not at ${address}`);
  const socket = connect(parsed.path);
  const ended = Promise.withResolvers<number>();
  const jail = Promise.withResolvers<AskedJail>();
  let pipes: Pipes | null = null;
  const fail = (why: string) => {
    clearTimeout(timer);
    pipes?.close();
    jail.reject(new Error(why));
    ended.resolve(255);
    socket.destroy();
  };
  const timer = setTimeout(() => fail('it was not made in time'), timeoutMs);
  const take = (answer: JailAnswer) => {
    if ('refused' in answer) fail(answer.refused);
    else if ('pipes' in answer) pipes = openPipes(join(dirname(parsed.path), answer.pipes));
    else if ('ended' in answer) ended.resolve(answer.ended);
    else if (pipes !== null) {
      clearTimeout(timer);
      jail.resolve({ ...pipes.streams(), ended: ended.promise, kill: () => socket.destroy() });
    }
  };
  readAnswers(socket, take, fail);
  socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  socket.on('close', () => {
    clearTimeout(timer);
    pipes?.close();
    // A promise that is settled already stays as it is.
    jail.reject(new Error('the driver went away'));
    ended.resolve(255);
  });
  socket.write(`${JSON.stringify(order)}\n`);
  return jail.promise;
}

function readAnswers(
  socket: Socket,
  take: (answer: JailAnswer) => void,
  fail: (why: string) => void,
): void {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    if (text.length > answerBytesMax) return fail('the driver was not understood');
    try {
      for (const line of lines) take(jailAnswerSchema.parse(JSON.parse(line)));
    } catch {
      fail('the driver was not understood');
    }
  });
}

interface Pipes {
  streams(): Pick<AskedJail, 'stdin' | 'stdout' | 'stderr'>;
  close(): void;
}

/**
 * Opened without waiting for the other end. The first for reading too, which makes that possible;
 * closing it ends the input all the same, because nobody else has it open for writing.
 */
function openPipes(folder: string): Pipes {
  const { O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
  const input = openSync(join(folder, 'in'), O_RDWR | O_NONBLOCK);
  const output = openSync(join(folder, 'out'), O_RDONLY | O_NONBLOCK);
  const errors = openSync(join(folder, 'err'), O_RDONLY | O_NONBLOCK);
  let isOurs = true;
  return {
    // Only once the command has its ends: a pipe that nobody has opened yet reads as ended.
    streams: () => {
      isOurs = false;
      return {
        stdin: new Socket({ fd: input, readable: false, writable: true }),
        stdout: new Socket({ fd: output, readable: true, writable: false }),
        stderr: new Socket({ fd: errors, readable: true, writable: false }),
      };
    },
    close: () => {
      if (isOurs) for (const fd of [input, output, errors]) closeSync(fd);
      isOurs = false;
    },
  };
}
