// Runs a program in a service and brings back what it printed, within a deadline and a bound.

import { type ChildProcess, spawn } from 'node:child_process';
import { ClincherError } from '../kit/error.ts';
import { printable } from '../kit/printable.ts';
import { closeLeakedDescriptors } from './leaked-descriptors.ts';

const outputBytesMax = 32 * 1024 * 1024;
const errorLineCharactersMax = 400;

export interface ProbeOrder {
  readonly program: string;
  readonly input: unknown;
  readonly deadlineMs: number;
  /** Ends what runs inside and is no child of what was started here; nothing, where it is one. */
  readonly endInside?: () => Promise<void>;
  /** Of the program that goes inside; nothing of it reaches what it runs there. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * `argv` is what runs a program from its standard input inside the service.
 * @throws ClincherError `probe-failed` when it ends badly, prints too much or outlives the deadline
 */
export async function runProbe(
  argv: readonly string[],
  service: string,
  { program, input, deadlineMs, endInside, env = {} }: ProbeOrder,
): Promise<string> {
  const [command = '', ...args] = argv;
  // An open folder of the host, leaked by the shell that started us, is a way out of the jail.
  closeLeakedDescriptors(2);
  const child = spawn(command, args, {
    cwd: '/',
    // A group of its own, which the deadline ends as a whole.
    detached: true,
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let why: string | null = null;
  const end = async (reason: string) => {
    why ??= reason;
    await endInside?.();
    killGroup(child);
  };
  const timer = setTimeout(() => void end(`took longer than ${deadlineMs} ms`), deadlineMs);
  const output = collect(child, end);
  child.stdin.on('error', () => {});
  child.stdin.end(`const probeInput = ${JSON.stringify(input ?? null)};\n${program}`);
  const outcome = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, name) => resolve(name ? `signal ${name}` : `exit code ${code}`));
  });
  clearTimeout(timer);
  // What the program left running in its group must not stay in the service.
  if (child.pid !== undefined) signalQuietly(-child.pid);
  if (why === null && outcome === 'exit code 0') return output.text();
  const said = output.lastError();
  const detail = said === '' ? '' : `: ${said}`;
  throw new ClincherError(
    'probe-failed',
    `a probe in ${service} ${why ?? `ended with ${outcome}`}${detail}`,
    {
      fix: `See how it is with "clincher status" and "clincher logs ${service}".`,
    },
  );
}

function collect(child: ChildProcess, end: (why: string) => Promise<void>) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let errors = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > outputBytesMax) void end('printed too much');
    else chunks.push(chunk);
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-8_192);
  });
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    lastError: () => {
      const lines = errors.split('\n').filter((line) => /(Error|nsenter|cannot|denied)/.test(line));
      return printable((lines[0] ?? '').trim()).slice(0, errorLineCharactersMax);
    },
  };
}

/** Of all that it has started: the program is what was run, or a child of a command of Docker's. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) signalQuietly(-pid);
}

function signalQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
