// The programs that are sent into services, as text: a driver runs them there. Each file under
// probes/ is one program, self-contained, so that it needs nothing of a service but node.

import { readFile } from 'node:fs/promises';
import type { Answer, AskInput } from './probes/ask.ts';
import type { CommandInput, CommandResult } from './probes/command.ts';
import type { FilesInput, FilesResult } from './probes/files.ts';
import type { FireInput, Heard } from './probes/fire.ts';
import type { ReachInput, ReachOutcome } from './probes/reach.ts';
import type { SandboxInput } from './probes/sandbox.ts';
import type { SecretsInput, SecretsResult } from './probes/secrets.ts';
import type { SystemInput, SystemResult } from './probes/system.ts';
import type { Touched, TouchInput } from './probes/touch.ts';
import type { TwinInput, TwinResult } from './probes/twin.ts';

export interface Probes {
  ask(service: string, input: AskInput): Promise<readonly Answer[]>;
  command(service: string, input: CommandInput): Promise<CommandResult>;
  fire(service: string, input: FireInput): Promise<readonly Heard[]>;
  files(service: string, input: FilesInput): Promise<FilesResult>;
  reach(service: string, input: ReachInput): Promise<readonly ReachOutcome[]>;
  sandbox(service: string, input: SandboxInput): Promise<CommandResult>;
  secrets(service: string, input: SecretsInput): Promise<SecretsResult>;
  system(service: string, input: SystemInput): Promise<SystemResult>;
  touch(service: string, input: TouchInput): Promise<readonly Touched[]>;
  twin(service: string, input: TwinInput): Promise<TwinResult>;
}

/** How a program is run: a driver's probe() or, for comparison, on the host itself. */
export type RunProbe = (
  service: string,
  program: string,
  input: unknown,
  isApart: boolean,
) => Promise<string>;

/**
 * Each call runs one program in one service; it rejects with what `runProbe` throws, or when the
 * answer is not JSON.
 */
export async function createProbes(runProbe: RunProbe): Promise<Probes> {
  const [ask, command, files, fire, reach, sandbox, secrets, system, touch, twin] =
    await Promise.all([
      readProgram('ask'),
      readProgram('command'),
      readProgram('files'),
      readProgram('fire'),
      readProgram('reach'),
      readProgram('sandbox'),
      readProgram('secrets'),
      readProgram('system'),
      readProgram('touch'),
      readProgram('twin'),
    ]);
  const run =
    (program: string, isApart = false) =>
    async (service: string, input: unknown) =>
      JSON.parse(await runProbe(service, program, input, isApart));
  // Not beside one that looks at processes: that would find one that it cannot read.
  return {
    ask: run(ask, true),
    command: run(command),
    files: run(files),
    fire: run(fire, true),
    reach: run(reach, true),
    sandbox: run(sandbox, true),
    secrets: run(secrets),
    system: run(system),
    touch: run(touch),
    twin: run(twin),
  };
}

/** The published package is JavaScript, and so are its probes then. */
async function readProgram(name: string): Promise<string> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return await readFile(new URL(`./probes/${name}.${ending}`, import.meta.url), 'utf8');
}
