// Writes the lines of a service, each given to the kernel before anything else happens: a process
// that is killed has lost none. When they cannot be written they wait here, and whoever must leave
// a record is told so.

import { writeSync } from 'node:fs';

export interface LineWriter {
  /** A line without its newline. Never throws. */
  write(line: string): void;
  /** Tries again what is waiting; the system's code when it still cannot be written, or null. */
  fault(): string | null;
}

/** Lines that wait at most. Later ones are counted, and the number is told when writing works. */
const waitingMax = 10_000;
/** How long a reader that is slow is waited for, in steps of a millisecond. */
const patienceSteps = 1_000;

export function lineWriter(
  fd: number,
  write: (bytes: Buffer) => number = (bytes) => writeSync(fd, bytes),
): LineWriter {
  const waiting: Buffer[] = [];
  let lost = 0;
  const flush = (): string | null => {
    while (waiting[0] !== undefined) {
      const fault = writeWhole(waiting[0], write, (rest) => {
        waiting[0] = rest;
      });
      if (fault !== null) return fault;
      waiting.shift();
      if (waiting.length === 0 && lost > 0) {
        waiting.push(
          Buffer.from(`${JSON.stringify({ level: 'error', event: 'lines-lost', lost })}\n`),
        );
        lost = 0;
      }
    }
    return null;
  };
  return {
    write(line) {
      if (waiting.length < waitingMax) waiting.push(Buffer.from(`${line}\n`));
      else lost += 1;
      flush();
    },
    fault: flush,
  };
}

/** `keep` is told what is left of it after each part that could be written. */
function writeWhole(
  bytes: Buffer,
  write: (bytes: Buffer) => number,
  keep: (rest: Buffer) => void,
): string | null {
  let rest = bytes;
  for (let steps = 0; rest.length > 0; ) {
    try {
      rest = rest.subarray(write(rest));
      keep(rest);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      steps += 1;
      if (code !== 'EAGAIN' || steps > patienceSteps) return code;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return null;
}
