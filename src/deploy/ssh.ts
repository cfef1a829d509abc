// The far side, over this system's own ssh with the user's own configuration, but for one thing: a
// host whose key is not known is refused, never taken on trust. One connection carries everything.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ClincherError } from '../kit/error.ts';
import { type CommandOutput, runCommand } from '../kit/run-command.ts';

export interface SshTarget {
  /** As ssh takes it: `user@host`, or a name of its configuration. */
  readonly name: string;
  /** In place of the user's own configuration. */
  readonly configFile?: string;
}

export interface FarSide extends AsyncDisposable {
  readonly name: string;
  /**
   * Runs a script of sh(1) there; its arguments are `$1` and on. What is secret goes through
   * `input`, never through an argument.
   * @throws ClincherError `ssh-failed`
   */
  ask(
    script: string,
    args: readonly string[],
    input?: AsyncIterable<Buffer>,
  ): Promise<CommandOutput>;
  /** Runs as long as this process wants it to: resolves once it has said a line. */
  keep(script: string, args: readonly string[]): Promise<Kept>;
}

export interface Kept extends Disposable {
  /** Its first line, or the last ones of it and its exit code where it ended first. */
  readonly said: string;
  readonly ended: number | null;
}

const connectSeconds = 15;

/** @throws ClincherError `ssh-host-unknown`, `ssh-failed` */
export async function openFarSide(target: SshTarget): Promise<FarSide> {
  const folder = await mkdtemp(join(tmpdir(), 'clincher-ssh-'));
  const options = sshOptions(target, folder);
  const ask: FarSide['ask'] = async (script, args, input) => {
    const argv = ['ssh', ...options, '--', target.name, farCommand(script, args)];
    const result = await runCommand(argv, input ? { input: Readable.from(input) } : {});
    // 255 is ssh's own; what runs there is asked to end with anything else.
    if (result.code === 255 || result.code === 127) throw sshError(target, result.tail);
    return result;
  };
  const close = async () => {
    await runCommand(['ssh', ...options, '-O', 'exit', '--', target.name]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ask('exit 0', []);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: target.name,
    ask,
    keep: (script, args) => keep(['ssh', ...options, '--', target.name, farCommand(script, args)]),
    [Symbol.asyncDispose]: close,
  };
}

function sshOptions({ configFile }: SshTarget, folder: string): readonly string[] {
  const set = {
    // Nobody is asked anything in the middle of a deployment.
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: String(connectSeconds),
    ServerAliveInterval: '10',
    ServerAliveCountMax: '3',
    ControlMaster: 'auto',
    ControlPath: join(folder, 'control'),
    ControlPersist: '30',
    ForwardAgent: 'no',
    ClearAllForwardings: 'yes',
    RequestTTY: 'no',
  };
  const file = configFile === undefined ? [] : ['-F', configFile];
  return [...file, ...Object.entries(set).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

/** One word for the shell that ssh hands it to: nothing in an argument is read by it. */
export function farCommand(script: string, args: readonly string[]): string {
  return ['exec', 'sh', '-c', script, 'clincher', ...args].map(quoted).join(' ');
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function keep(argv: readonly string[]): Promise<Kept> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => undefined);
  const letGo = { [Symbol.dispose]: () => void child.stdin.end() };
  return new Promise((resolve) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.startsWith('held\n')) resolve({ said, ended: null, ...letGo });
    });
    child.on('error', () => resolve({ said, ended: 127, ...letGo }));
    child.on('close', (code) => resolve({ said: said.trim(), ended: code ?? 255, ...letGo }));
  });
}

function sshError({ name }: SshTarget, tail: string): ClincherError {
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/.test(tail)) {
    const isChanged = tail.includes('HAS CHANGED');
    return new ClincherError(
      'ssh-host-unknown',
      isChanged
        ? `${name} shows another host key than it did before`
        : `the host key of ${name} is not known here`,
      {
        fix: isChanged
          ? 'Find out why before anything else: somebody may be in between.'
          : `Compare it with what the host itself says, once: ssh ${name}`,
      },
    );
  }
  return new ClincherError('ssh-failed', `ssh to ${name}: ${tail || 'ended without a word'}`, {
    fix: `It must work without a question: ssh -o BatchMode=yes ${name} true`,
  });
}
