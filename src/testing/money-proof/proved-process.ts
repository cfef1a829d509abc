// The model proxy in a process of its own, as a jail starts it, that can be killed at any moment
// and started again on the same ledger.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const program = new URL('../../cli/serve.ts', import.meta.url).pathname;

export class ProvedProcess implements AsyncDisposable {
  readonly #settingsFile: string;
  #child: ChildProcess | null = null;
  starts = 0;
  /** Lines of its log that tell of a fault. */
  readonly faults: string[] = [];

  constructor(settingsFile: string) {
    this.#settingsFile = settingsFile;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const argv = [program, 'llm', '--settings', this.#settingsFile];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    this.starts += 1;
    const lines: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const reader = createInterface({ input: child.stderr });
    reader.on('line', (line) => {
      // Of a bug one line would be lost in a hundred thousand.
      if (line.includes('"serving"')) resolve();
      else if (/"level":"error"/.test(line)) this.faults.push(line);
      if (lines.length < 100) lines.push(line);
    });
    child.once('close', (code, signal) =>
      reject(new Error(`it ended (${code ?? signal}): ${lines.join('\n')}`)),
    );
    await promise;
  }

  /** As a power cut would, but that the disk's own cache lives on. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
