// The dialling end of a Unix socket with a name of its own: who accepts it reads that name where it
// would read a client's address. Node itself dials without one.

import { unlinkSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { listen } from './listen.ts';

export interface NamedDialler {
  /** Half-open capable, not connected yet; an error is told as its event. */
  dial(name: string, path: string): Socket;
}

/** `folder` is the dialler's alone: a name is a file in it, until it is connected. */
export async function namedDialler(folder: string): Promise<NamedDialler> {
  const Handle = await handleOfPipes(folder);
  return {
    dial(name, path) {
      const handle = new Handle(plainSocket);
      // The name is what was bound, to the letter: with the folder before it, it would be a path.
      const here = process.cwd();
      process.chdir(folder);
      const failed = handle.bind(name);
      process.chdir(here);
      // Once bound it is taken for one that listens; opened anew it is one to read and write.
      if (failed === 0) handle.open(handle.fd);
      const socket = new Socket({ handle, allowHalfOpen: true, manualStart: true } as object);
      const free = () => {
        try {
          unlinkSync(join(folder, name));
        } catch {
          // It was never bound.
        }
      };
      socket.once('connect', free).once('close', free);
      if (failed === 0) socket.connect({ path });
      else process.nextTick(() => socket.destroy(new Error(`${name} cannot be a name here`)));
      return socket;
    },
  };
}

interface PipeHandle {
  readonly fd: number;
  /** Zero, or an error's number. */
  bind(name: string): number;
  open(fd: number): void;
}

const plainSocket = 0;

/** Node has no public way to it: the kind of handle that a server at such a socket has. */
async function handleOfPipes(folder: string): Promise<new (kind: number) => PipeHandle> {
  const server = createServer();
  await listen(server, `unix:${join(folder, 'any')}`);
  const handle = Reflect.get(server, '_handle');
  server.close();
  return handle.constructor;
}
