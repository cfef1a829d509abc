// The services' logs, from Docker while there is a container, and from a file of ours for what ran
// before: Docker's go with the container.

import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { type HostPaths, hostPaths } from '../../host/host-paths.ts';
import { openLogFile, splitLines } from '../../host/log-file.ts';
import { readLogs } from '../../host/read-logs.ts';
import { spokenLine } from '../../host/spoken-line.ts';
import type { LogLine, LogOptions } from '../driver.ts';
import type { DockerCli } from './docker-cli.ts';
import { type FoundContainer, serviceOf } from './found-container.ts';

const lineBytesMax = 16 * 1024;
const savedLinesMax = 20_000;

/** What is asked of Docker for what a service printed: of a container, or of a service of Swarm. */
export interface LogSource {
  readonly service: string;
  readonly docker: DockerCli;
  readonly ask: readonly string[];
  readonly id: string;
}

export function logsOfContainer(
  docker: DockerCli,
  { Id, Config }: Pick<FoundContainer, 'Id' | 'Config'>,
): LogSource {
  return { service: serviceOf(Config) ?? '', docker, ask: ['logs'], id: Id };
}

/** Of all its tasks, as far back as the swarm remembers them. */
export function logsOfService(docker: DockerCli, service: string, id: string): LogSource {
  return { service, docker, ask: ['service', 'logs', '--raw'], id };
}

/** Every service's when `service` is null. */
export async function* readDockerLogs(
  stateDir: string,
  sources: readonly LogSource[],
  service: string | null,
  { lines, follow }: LogOptions,
): AsyncGenerator<LogLine> {
  const paths = hostPaths(stateDir);
  const wanted = sources.filter((one) => service === null || one.service === service);
  for (const name of await namesOf(paths, wanted, service)) {
    const source = wanted.find((one) => one.service === name);
    // Who follows is told the last lines by the same stream as the next: none falls in between.
    if (follow && source !== undefined) continue;
    const now = source === undefined ? [] : await lastLines(source, lines);
    const missing = lines === null ? null : Math.max(0, lines - now.length);
    yield* readLogs(paths, name, { lines: missing, follow: false });
    for (const text of now) yield { service: name, text };
  }
  if (follow) yield* followAll(wanted, lines);
}

async function namesOf(
  paths: HostPaths,
  sources: readonly LogSource[],
  service: string | null,
): Promise<readonly string[]> {
  if (service !== null) return [service];
  const saved = await collect(readLogs(paths, null, { lines: null, follow: false }));
  const running = sources.map((one) => one.service);
  return [...new Set([...saved.map((line) => line.service), ...running])].sort();
}

export async function lastLines(
  source: LogSource,
  lines: number | null,
): Promise<readonly string[]> {
  return collect(linesOf(logsOf(source, tail(lines))));
}

const spokenLines = 20;

/** For a message of a service that failed; null of one of which nothing is left. */
export async function lastWords(source: LogSource | null): Promise<string> {
  const last = source === null ? [] : await lastLines(source, spokenLines);
  const spoken = last.map((line) => `    ${spokenLine(line)}`);
  const said = spoken.length === 0 ? ['    (it printed nothing)'] : spoken;
  return ['Its last lines:', ...said].join('\n');
}

/** Before Docker forgets it: what a service said stays readable. */
export async function saveLogs(stateDir: string, source: LogSource): Promise<void> {
  const paths = hostPaths(stateDir);
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  const file = openLogFile(paths.log(source.service));
  for (const line of await lastLines(source, savedLinesMax)) file.write(line);
  file.close();
}

async function* followAll(
  sources: readonly LogSource[],
  last: number | null,
): AsyncGenerator<LogLine> {
  const waiting: LogLine[] = [];
  let wake: () => void = () => undefined;
  const children = sources.map((source) => {
    const child = logsOf(source, [...tail(last), '--follow']);
    const { service } = source;
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

function logsOf({ docker, ask, id }: LogSource, args: readonly string[]) {
  return spawn('docker', [...ask, ...args, id], {
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
