// Reads the services' logs back: the last lines, and what comes after, also across a rotation.

import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import type { LogLine, LogOptions } from '../drivers/driver.ts';
import type { HostPaths } from './host-paths.ts';

const chunkBytes = 64 * 1024;

/** Every service's when `service` is null. Following ends when the consumer stops reading. */
export async function* readLogs(
  paths: Pick<HostPaths, 'logs' | 'log'>,
  service: string | null,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  const services = service === null ? await loggedServices(paths.logs) : [service];
  const tails = services.map((name) => new Tail(name, paths.log(name)));
  try {
    for (const tail of tails) yield* await tail.last(options.lines);
    if (options.follow) yield* followAll(tails, paths.logs);
  } finally {
    await Promise.all(tails.map((tail) => tail.close()));
  }
}

async function loggedServices(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const logs = names.filter((name) => name.endsWith('.log') && name !== 'supervisor.log');
  return logs.map((name) => name.slice(0, -'.log'.length)).sort();
}

async function* followAll(tails: readonly Tail[], folder: string): AsyncGenerator<LogLine> {
  let wake: () => void = () => {};
  let changed = true;
  const watcher: FSWatcher = watch(folder, () => {
    changed = true;
    wake();
  });
  try {
    for (;;) {
      while (changed) {
        changed = false;
        for (const tail of tails) yield* await tail.next();
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed) resolve();
      });
    }
  } finally {
    watcher.close();
  }
}

class Tail {
  readonly #service: string;
  readonly #path: string;
  #file: FileHandle | null = null;
  #inode = 0;
  #offset = 0;
  #pending = '';

  constructor(service: string, path: string) {
    this.#service = service;
    this.#path = path;
  }

  async last(lines: number | null): Promise<LogLine[]> {
    const older = await readFile(`${this.#path}.1`, 'utf8').catch(() => '');
    const all = [...this.#asLines(older.split('\n').slice(0, -1)), ...(await this.next())];
    return lines === null ? all : all.slice(Math.max(0, all.length - lines));
  }

  /** The whole lines written since the last call. */
  async next(): Promise<LogLine[]> {
    const lines = await this.#readOn();
    if (!(await this.#wasRotated())) return lines;
    await this.close();
    return [...lines, ...(await this.#readOn())];
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  async #readOn(): Promise<LogLine[]> {
    if (this.#file === null) {
      this.#file = await open(this.#path, 'r').catch(() => null);
      if (this.#file === null) return [];
      this.#inode = (await this.#file.stat()).ino;
      this.#offset = 0;
      this.#pending = '';
    }
    const parts: string[] = [this.#pending];
    const decoder = new TextDecoder();
    for (;;) {
      const buffer = Buffer.alloc(chunkBytes);
      const { bytesRead } = await this.#file.read(buffer, 0, chunkBytes, this.#offset);
      if (bytesRead === 0) break;
      this.#offset += bytesRead;
      parts.push(decoder.decode(buffer.subarray(0, bytesRead), { stream: true }));
    }
    const lines = parts.join('').split('\n');
    this.#pending = lines.pop() ?? '';
    return this.#asLines(lines);
  }

  async #wasRotated(): Promise<boolean> {
    const now = await open(this.#path, 'r').catch(() => null);
    if (now === null) return false;
    const { ino } = await now.stat();
    await now.close();
    return this.#file !== null && ino !== this.#inode;
  }

  #asLines(lines: readonly string[]): LogLine[] {
    return lines.map((text) => ({ service: this.#service, text }));
  }
}
