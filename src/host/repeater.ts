// One command that whoever stays with a stack runs again and again for as long as it is up: after
// everything else that wants the processor, one at a time, ended with the stack.

import { type ChildProcess, spawn } from 'node:child_process';
import type { LogFile } from './log-file.ts';

/** Beside the logs of the services; what is repeated is the look at the isolation. */
export const repeatLog = 'isolation';

export interface RepeatOrder {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly everyMs: number;
}

/** nice(1): the least there is; the kernel gives it what others leave. */
const lowest = ['nice', '-n', '19'] as const;

export class Repeater {
  readonly #log: LogFile;
  #order: RepeatOrder | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running: ChildProcess | null = null;

  constructor(log: LogFile) {
    this.#log = log;
  }

  /** In the place of what was ordered before; the same order again changes nothing. */
  order(order: RepeatOrder | null): void {
    if (JSON.stringify(order) === JSON.stringify(this.#order)) return;
    this.#order = order;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = order === null ? null : setInterval(() => this.#run(order), order.everyMs);
  }

  /** Also ends what runs. */
  stop(): void {
    this.order(null);
    this.#running?.kill('SIGTERM');
  }

  #run({ argv, env, cwd }: RepeatOrder): void {
    // A machine on which one takes longer than the time between two is not helped by a second.
    if (this.#running !== null) return;
    const [program, ...args] = [...lowest, ...argv];
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running = child;
    this.#log.take(child.stdout);
    this.#log.take(child.stderr);
    child.once('error', (error) => this.#log.write(`could not be started: ${error.message}`));
    child.once('close', () => {
      this.#running = null;
    });
  }
}
