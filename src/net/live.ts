// What is read from files and may change while a role runs. Files that are wrong, or do not fit
// together yet, leave what was read before.

import { ClincherError } from '../kit/error.ts';
import type { FileWatch } from './file-watch.ts';

export interface Live<T> {
  /** The same object until it changes. */
  current(): T;
  /** What is wrong with the files that were read last, or null. */
  fault(): string | null;
  /** Called after each change. */
  onChange(listener: (value: T) => void): void;
}

export interface LiveListener {
  taken(): void;
  /** Gives the fault as a sentence. */
  kept(why: string): string;
}

/** @throws what `read` throws at the start; later a ClincherError of it is a fault. */
export async function readLive<T>(
  read: () => Promise<T>,
  files: readonly string[],
  watch: FileWatch,
  told: LiveListener,
): Promise<Live<T>> {
  const listeners: ((value: T) => void)[] = [];
  let value = await read();
  let fault: string | null = null;
  watch.add(files, async () => {
    try {
      value = await read();
      fault = null;
      told.taken();
      for (const listener of listeners) listener(value);
    } catch (error) {
      if (!(error instanceof ClincherError)) throw error;
      fault = told.kept(error.format());
    }
  });
  return {
    current: () => value,
    fault: () => fault,
    onChange: (listener) => void listeners.push(listener),
  };
}
