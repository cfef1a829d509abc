// Runs another program to its end: quiet, its output bounded, its last lines kept for the error,
// ended with us.

import { spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';

export interface CommandResult {
  readonly code: number;
  /** The last lines of both streams. */
  readonly tail: string;
}

export interface CommandOutput extends CommandResult {
  /** What it printed, as far as the bound. */
  readonly stdout: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Becomes its standard input. */
  readonly input?: NodeJS.ReadableStream;
  /** It is killed then; without it the program may take as long as it likes. */
  readonly deadlineMs?: number;
}

export type RunCommand = (
  argv: readonly string[],
  options?: CommandOptions,
) => Promise<CommandResult>;

const tailBytesMax = 4_096;
const stdoutBytesMax = 16 * 1024 * 1024;

/** Code 127 where there is no such program, 124 where it took too long. */
export function runCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  return new Promise((resolve) => {
    const [program = '', ...rest] = argv;
    const child = spawn(program, rest, {
      cwd: options.cwd,
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    // Who is interrupted in the middle of an installation does not leave it running.
    const end = () => void child.kill();
    // Several at once are meant, and each leaves again: Node would take the eleventh for a leak.
    const listeners = process.listenerCount('exit') + 1;
    process.setMaxListeners(Math.max(process.getMaxListeners(), listeners));
    process.once('exit', end);
    const late = deadline(options.deadlineMs, () => child.kill('SIGKILL'));
    const said = { stdout: '', tail: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said.tail = (said.tail + text).slice(-tailBytesMax);
        if (name === 'stdout') said.stdout = (said.stdout + text).slice(0, stdoutBytesMax);
      });
    }
    // A program that ends before it has read everything says why by its code.
    child.stdin.on('error', () => undefined);
    if (options.input === undefined) child.stdin.end();
    else pipeline(options.input, child.stdin).catch(() => undefined);
    const done = (code: number) => {
      clearTimeout(late.timer);
      process.off('exit', end);
      resolve({ code: late.passed ? 124 : code, stdout: said.stdout, tail: said.tail.trim() });
    };
    child.on('error', () => done(127));
    child.on('close', (code) => done(code ?? 1));
  });
}

function deadline(deadlineMs: number | undefined, passed: () => void) {
  const late = { passed: false, timer: undefined as NodeJS.Timeout | undefined };
  if (deadlineMs === undefined) return late;
  late.timer = setTimeout(() => {
    late.passed = true;
    passed();
  }, deadlineMs);
  return late;
}
