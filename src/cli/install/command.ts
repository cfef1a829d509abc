// Runs another program to its end for an installation: quiet, its last lines kept for the error,
// ended with us.

import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly code: number;
  /** The last lines of both streams. */
  readonly tail: string;
}

export type RunCommand = (
  argv: readonly string[],
  options?: { readonly cwd?: string; readonly env?: Readonly<Record<string, string | undefined>> },
) => Promise<CommandResult>;

const tailBytesMax = 4_096;

/** Code 127 where there is no such program. */
export const runCommand: RunCommand = (argv, options = {}) =>
  new Promise((resolve) => {
    const [program = '', ...rest] = argv;
    const child = spawn(program, rest, {
      cwd: options.cwd,
      ...(options.env === undefined ? {} : { env: options.env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Who is interrupted in the middle of an installation does not leave it running.
    const end = () => void child.kill();
    process.once('exit', end);
    let tail = '';
    const keep = (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-tailBytesMax);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', () => resolve({ code: 127, tail }));
    child.on('close', (code) => {
      process.off('exit', end);
      resolve({ code: code ?? 1, tail: tail.trim() });
    });
  });
