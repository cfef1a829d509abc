// Runs a command of the installation's own now and then, for as long as the stack is up: what is to
// be renewed is renewed although nobody is at a terminal.

import { spawn } from 'node:child_process';

export interface Tending {
  readonly argv: readonly string[];
  readonly everyMs: number;
}

/** What it prints goes where the supervisor's own lines go. One at a time. */
export function tend({ argv, everyMs }: Tending): Disposable {
  const [program = '', ...args] = argv;
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    const child = spawn(program, args, { stdio: ['ignore', 2, 2] });
    const over = () => {
      busy = false;
    };
    child.once('error', over);
    child.once('exit', over);
  }, everyMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
