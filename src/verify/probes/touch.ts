// A probe: runs inside a service and does something to each path, in a way that leaves nothing
// behind where it succeeds. Self-contained: see reach.ts.

import { closeSync, openSync, readdirSync, readSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';

export interface Touch {
  readonly id: number;
  readonly does: 'read' | 'write' | 'create' | 'connect';
  readonly path: string;
}

export interface TouchInput {
  readonly touches: readonly Touch[];
  readonly deadlineMs: number;
}

export interface Touched {
  readonly id: number;
  /** The error's code; `done` where there was none; `masked` where the device of nothing is. */
  readonly code: string;
}

declare const probeInput: TouchInput;

const nothing = '/dev/null';

const touched = await Promise.all(probeInput.touches.map(touch));
process.stdout.write(JSON.stringify(touched), () => process.exit(0));

async function touch({ id, does, path }: Touch): Promise<Touched> {
  try {
    if (does === 'connect') await meet(path);
    else ({ read, write, create })[does](path);
    return { id, code: 'done' };
  } catch (error) {
    return { id, code: (error as NodeJS.ErrnoException).code ?? 'failed' };
  }
}

function read(path: string): void {
  const found = statSync(path);
  if (found.isDirectory()) {
    readdirSync(path);
    return;
  }
  // Engines hide files of the kernel behind it.
  if (path !== nothing && found.isCharacterDevice() && found.rdev === statSync(nothing).rdev) {
    throw Object.assign(new Error(path), { code: 'masked' });
  }
  // A device or a log may have nothing to say yet: O_NONBLOCK.
  const fd = openSync(path, 0o4000);
  try {
    readSync(fd, Buffer.alloc(1), 0, 1, 0);
  } finally {
    closeSync(fd);
  }
}

/** Opened to be written, and not written. */
function write(path: string): void {
  closeSync(openSync(path, 'r+'));
}

function create(path: string): void {
  closeSync(openSync(path, 'wx'));
  unlinkSync(path);
}

function meet(path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ path });
  const timer = setTimeout(
    () => reject(Object.assign(new Error(path), { code: 'timeout' })),
    probeInput.deadlineMs,
  );
  socket.on('connect', () => resolve());
  socket.on('error', reject);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}
