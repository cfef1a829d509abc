// A probe: runs inside a service and starts one of the programs that it has there, as the agent
// would. Self-contained: see reach.ts.

import { spawnSync } from 'node:child_process';

export interface CommandInput {
  readonly argv: readonly string[];
  readonly input: string;
  readonly deadlineMs: number;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

declare const probeInput: CommandInput;

const { argv, input, deadlineMs } = probeInput;
const [program = '', ...args] = argv;
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const ended = spawnSync(program, args, { input, timeout: deadlineMs, env, encoding: 'utf8' });
const { status: code, stdout, error } = ended;
const stderr = error?.message ?? ended.stderr;
process.stdout.write(JSON.stringify({ code, stdout: stdout ?? '', stderr: stderr ?? '' }));
