// The agent as the relay's child: started with exactly the environment it is given, its output
// turned into log lines, asked whether it is ready, and ended: SIGTERM first, SIGKILL to its whole
// group after the grace.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { eachLine, endGroup } from '../../kit/child-program.ts';
import { ClincherError } from '../../kit/error.ts';
import type { Health, Running } from '../../kit/running.ts';
import type { World } from '../../kit/world.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { watchReady } from './ready.ts';
import type { RelaySettings } from './settings.ts';

type ProgramSettings = RelaySettings['program'];

/**
 * Resolves once the process exists. `failed` rejects when it ends without being asked to. One that
 * ends before it was ever ready is started again: the agent gives itself seconds for some of its
 * start, and a busy machine may need more.
 * @throws ClincherError `agent-missing` when the program cannot be started
 */
export async function startProgram(
  settings: ProgramSettings,
  world: World,
  telemetry: Telemetry,
): Promise<Running & { readonly failed: Promise<never> }> {
  let child = await launch(settings, telemetry);
  const graceMs = settings.stopGraceMs;
  const end = (one: Child) =>
    endGroup(one, graceMs, () => telemetry.log.warn('agent-killed', { graceMs }));
  const ready = watchReady(settings, world);
  let stopping = false;
  let ended: string | null = null;
  const failed = new Promise<never>((_, reject) => {
    const watch = (startsLeft: number) => {
      child.once('exit', (code, signal) => {
        const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
        telemetry.log[stopping ? 'info' : 'error']('agent-ended', { code, signal });
        if (stopping || startsLeft === 0 || ready.hasAnswered()) {
          ended = `The agent ended ${how}.`;
          ready.stop();
          if (stopping) return;
          reject(new ClincherError('agent-ended', ended, { fix: 'Its last log lines say why.' }));
          return;
        }
        telemetry.log.warn('agent-started-again', { startsLeft });
        startAgain(startsLeft - 1).catch(reject);
      });
    };
    const startAgain = async (startsLeft: number) => {
      // What the first left behind holds its sockets and its files.
      await end(child);
      if (stopping) return;
      child = await launch(settings, telemetry);
      watch(startsLeft);
      // It was told to stop meanwhile, when there was none to end.
      if (stopping) await end(child);
    };
    watch(settings.startsMax - 1);
  });
  failed.catch(() => {}); // whoever runs the role may not be listening yet
  return {
    failed,
    health: (): Health => (ended === null ? ready.health() : { ready: false, detail: ended }),
    async [Symbol.asyncDispose]() {
      stopping = true;
      ready.stop();
      await end(child);
    },
  };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

async function launch(settings: ProgramSettings, telemetry: Telemetry): Promise<Child> {
  const [command = '', ...args] = settings.argv;
  const child = spawn(command, args, {
    cwd: settings.cwd,
    env: settings.env,
    // A group of its own, so that what it started can be ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn').catch((cause: unknown) => {
    throw new ClincherError('agent-missing', `The agent program ${command} cannot be started.`, {
      fix: 'Run clincher up again: it installs the agent.',
      cause,
    });
  });
  logLines(child.stdout, 'stdout', telemetry);
  logLines(child.stderr, 'stderr', telemetry);
  return child;
}

function logLines(stream: Readable, name: string, telemetry: Telemetry): void {
  eachLine(stream, (line) => telemetry.log.info('agent', { stream: name, line }));
}
