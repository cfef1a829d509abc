// Files that are read again while a role runs: when one changes, and all of them when its owner
// says so with SIGHUP.

import { type StatsListener, unwatchFile, watchFile } from 'node:fs';

/** How often a file is looked at; a look is one stat. */
const lookEveryMs = 1_000;

export class FileWatch implements Disposable {
  readonly #watched: { readonly path: string; readonly listener: StatsListener }[] = [];
  readonly #readings: (() => void)[] = [];
  readonly #readAll = () => {
    for (const read of this.#readings) read();
  };

  /** `read` must not reject. It is called for any of the files, one call at a time. */
  add(paths: readonly string[], read: () => Promise<void>): void {
    if (paths.length === 0) return;
    const listener = inTurn(read);
    if (this.#readings.push(listener) === 1) process.on('SIGHUP', this.#readAll);
    for (const path of new Set(paths)) {
      this.#watched.push({ path, listener });
      watchFile(path, { interval: lookEveryMs, persistent: false }, listener);
    }
  }

  [Symbol.dispose](): void {
    process.off('SIGHUP', this.#readAll);
    for (const { path, listener } of this.#watched) unwatchFile(path, listener);
  }
}

/** One reading at a time, and one more after it for all that was asked meanwhile. */
function inTurn(work: () => Promise<void>): () => void {
  let running: Promise<void> | null = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await work();
    } while (again);
    running = null;
  };
  return () => {
    if (running === null) running = run();
    else again = true;
  };
}
