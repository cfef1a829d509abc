// Runs the same probes on the host itself: what listens there, and whether a target is up at all.
// What is not reachable from here either proves nothing about a service.

import { spawn } from 'node:child_process';
import { ClincherError } from '../kit/error.ts';

/** Rejects with `service-failed` when the program fails or takes longer than the deadline. */
export async function runOnHost(
  program: string,
  input: unknown,
  deadlineMs: number,
): Promise<string> {
  const child = spawn(process.execPath, ['-'], { env: {}, stdio: ['pipe', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(`const probeInput = ${JSON.stringify(input)};\n${program}`);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  if (code === 0) return Buffer.concat(output).toString();
  const said = Buffer.concat(errors).toString().trim().split('\n').at(-1) ?? '';
  throw new ClincherError('service-failed', `a probe on the host ended with ${code}: ${said}`, {
    fix: 'Try again; if it stays, the machine is too busy for the deadline.',
  });
}
