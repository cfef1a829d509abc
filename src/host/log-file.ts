// A service's log: line by line into a file of bounded size, one older file kept. A full disk loses
// lines, counted, and never the supervisor.

import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { printable } from '../kit/printable.ts';

export interface LogBounds {
  readonly fileBytesMax: number;
  readonly lineBytesMax: number;
  /** How many of the last lines are kept at hand for error messages. */
  readonly tailLines: number;
}

export const logBounds: LogBounds = {
  fileBytesMax: 16 * 1024 * 1024,
  lineBytesMax: 16 * 1024,
  tailLines: 20,
};

export interface LogFile {
  /** Reads the stream to its end, a line at a time. */
  take(stream: Readable): void;
  write(line: string): void;
  /** The last lines, oldest first. */
  tail(): readonly string[];
  /** Lines that could not be written, and the system's code of the last refusal: ENOSPC. */
  lost(): { readonly lines: number; readonly code: string | null };
  close(): void;
}

export function openLogFile(path: string, bounds: LogBounds = logBounds): LogFile {
  const tail: string[] = [];
  let lostLines = 0;
  let lostCode: string | null = null;
  let file: { fd: number; bytes: number } | null = null;
  const write = (line: string) => {
    tail.push(line);
    if (tail.length > bounds.tailLines) tail.shift();
    const bytes = Buffer.from(`${line}\n`);
    try {
      file ??= open(path);
      if (file.bytes > 0 && file.bytes + bytes.length > bounds.fileBytesMax) {
        closeSync(file.fd);
        file = null;
        renameSync(path, `${path}.1`);
        file = open(path);
      }
      // Synchronous on purpose: order is kept, nothing is queued without bound, and a slow disk
      // slows the writer.
      file.bytes += writeSync(file.fd, bytes);
      lostCode = null;
    } catch (error) {
      lostLines += 1;
      lostCode = (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  };
  return {
    take: (stream) => splitLines(stream, bounds.lineBytesMax, write),
    write,
    tail: () => [...tail],
    lost: () => ({ lines: lostLines, code: lostCode }),
    close: () => {
      if (file !== null) closeSync(file.fd);
      file = null;
    },
  };
}

function open(path: string): { fd: number; bytes: number } {
  const fd = openSync(path, 'a', 0o600);
  return { fd, bytes: fstatSync(fd).size };
}

/** A line longer than the bound is cut there, and its rest dropped up to the next newline. */
export function splitLines(
  stream: Readable,
  lineBytesMax: number,
  onLine: (line: string) => void,
): void {
  let pending = '';
  let cutting = false;
  const end = () => {
    if (pending !== '' && !cutting) onLine(printable(pending));
    pending = '';
    cutting = false;
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    let from = 0;
    for (let at = chunk.indexOf('\n'); at !== -1; at = chunk.indexOf('\n', from)) {
      if (!cutting) pending += chunk.slice(from, at);
      if (!cutting && pending.length > lineBytesMax)
        pending = `${pending.slice(0, lineBytesMax)} [cut]`;
      end();
      from = at + 1;
    }
    if (!cutting) pending += chunk.slice(from);
    if (cutting || pending.length <= lineBytesMax) return;
    onLine(`${printable(pending.slice(0, lineBytesMax))} [cut]`);
    pending = '';
    cutting = true;
  });
  stream.on('end', end).on('error', end);
}
