// The services' logs, from Docker while there is a container, and from a file of ours for what ran
// before: Docker's go with the container.

import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { type HostPaths, hostPaths } from '../../host/host-paths.ts';
import { openLogFile, splitLines } from '../../host/log-file.ts';
import { readLogs } from '../../host/read-logs.ts';
import type { LogLine, LogOptions } from '../driver.ts';
import type { DockerCli } from './docker-cli.ts';
import { type FoundContainer, serviceOf } from './found-container.ts';

const lineBytesMax = 16 * 1024;
const savedLinesMax = 20_000;

/** Every service's when `service` is null. */
export async function* readContainerLogs(
  docker: DockerCli,
  stateDir: string,
  containers: readonly FoundContainer[],
  service: string | null,
  { lines, follow }: LogOptions,
): AsyncGenerator<LogLine> {
  const paths = hostPaths(stateDir);
  const wanted = containers.filter(({ Config }) =>
    service === null ? true : serviceOf(Config) === service,
  );
  for (const name of await namesOf(paths, wanted, service)) {
    const container = wanted.find(({ Config }) => serviceOf(Config) === name);
    // Who follows is told the last lines by the same stream as the next: none falls in between.
    if (follow && container !== undefined) continue;
    const now = container === undefined ? [] : await lastLines(docker, container, lines);
    const missing = lines === null ? null : Math.max(0, lines - now.length);
    yield* readLogs(paths, name, { lines: missing, follow: false });
    for (const text of now) yield { service: name, text };
  }
  if (follow) yield* followAll(docker, wanted, lines);
}

async function namesOf(
  paths: HostPaths,
  containers: readonly FoundContainer[],
  service: string | null,
): Promise<readonly string[]> {
  if (service !== null) return [service];
  const saved = await collect(readLogs(paths, null, { lines: null, follow: false }));
  const running = containers.map(({ Config }) => serviceOf(Config) ?? '');
  return [...new Set([...saved.map((line) => line.service), ...running])].sort();
}

export async function lastLines(
  docker: DockerCli,
  { Id }: Pick<FoundContainer, 'Id'>,
  lines: number | null,
): Promise<readonly string[]> {
  const child = logsOf(docker, Id, tail(lines));
  return collect(linesOf(child));
}

/** Before a container is removed: what it said stays readable. */
export async function saveLogs(
  docker: DockerCli,
  stateDir: string,
  container: FoundContainer,
): Promise<void> {
  const service = serviceOf(container.Config) ?? '';
  const paths = hostPaths(stateDir);
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  const file = openLogFile(paths.log(service));
  for (const line of await lastLines(docker, container, savedLinesMax)) file.write(line);
  file.close();
}

async function* followAll(
  docker: DockerCli,
  containers: readonly FoundContainer[],
  last: number | null,
): AsyncGenerator<LogLine> {
  const waiting: LogLine[] = [];
  let wake: () => void = () => undefined;
  const children = containers.map((container) => {
    const child = logsOf(docker, container.Id, [...tail(last), '--follow']);
    const service = serviceOf(container.Config) ?? '';
    const ended = (async () => {
      for await (const text of linesOf(child)) {
        waiting.push({ service, text });
        wake();
      }
    })();
    return { child, ended };
  });
  let over = false;
  Promise.all(children.map(({ ended }) => ended)).then(() => {
    over = true;
    wake();
  });
  try {
    for (;;) {
      yield* waiting.splice(0);
      if (over && waiting.length === 0) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || over) resolve();
      });
    }
  } finally {
    for (const { child } of children) child.kill();
  }
}

function tail(lines: number | null): readonly string[] {
  return ['--tail', lines === null ? 'all' : String(lines)];
}

function logsOf(docker: DockerCli, id: string, args: readonly string[]) {
  return spawn('docker', ['logs', ...args, id], {
    env: docker.environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Both of its outputs, in the order that they come, as printable lines. */
async function* linesOf(child: ReturnType<typeof logsOf>): AsyncGenerator<string> {
  const both = new PassThrough({ objectMode: true });
  let open = 2;
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    splitLines(stream, lineBytesMax, (line) => void both.write(line));
    stream.once('close', () => {
      open -= 1;
      if (open === 0) both.end();
    });
  }
  for await (const line of both) yield line as string;
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of all) list.push(each);
  return list;
}
