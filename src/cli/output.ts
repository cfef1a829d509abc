// The one place that prints: answers to stdout, everything about the way there to stderr.

import { codes, exitCodes } from '../kit/codes.ts';
import { ClincherError } from '../kit/error.ts';
import { printableJson } from '../kit/printable.ts';

export const output = {
  line: (text = ''): void => void process.stdout.write(`${text}\n`),
  /** As it is, without an end of line. */
  text: (text: string): void => void process.stdout.write(text),
  json: (value: unknown): void => void process.stdout.write(`${printableJson(value, 2)}\n`),
  event: (value: unknown): void => void process.stdout.write(`${printableJson(value)}\n`),
  note: (text: string): void => void process.stderr.write(`${text}\n`),
  isTerminal: (): boolean => process.stdout.isTTY === true,
  /** Of the terminal. */
  columns: (): number => process.stdout.columns ?? 80,
} as const;

/** `clincher schema | head` closes the pipe early: that is the reader's right, not a failure. */
export function endQuietlyWhenReaderLeaves(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.fine);
    throw error;
  });
}

/** Prints an error once, at the edge; returns the exit code it means. */
export function reportError(error: unknown): number {
  const failure = error instanceof ClincherError ? error : fromSystem(error);
  if (failure === null) {
    const stack = error instanceof Error ? error.stack : String(error);
    output.note(`clincher: this is a bug in clincher, please report it.\n${stack}`);
    return exitCodes.bug;
  }
  output.note(`clincher: ${failure.format()}`);
  return exitCodes[codes[failure.code][0]];
}

/** What the system refuses is the environment's doing, not a bug. */
function fromSystem(error: unknown): ClincherError | null {
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    return new ClincherError('disk-full', `the disk is full: ${message}`, {
      fix: 'Free some space, then run the same command again; nothing half-written is used.',
    });
  }
  return new ClincherError('system-refused', message, {
    fix: 'The system refused this; mend what it names, then run the same command again.',
  });
}
