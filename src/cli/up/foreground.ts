// `up` in the foreground: stays until Ctrl-C, SIGTERM or a closed terminal, or until the stack is
// taken down from elsewhere.

import { ClincherError } from '../../kit/error.ts';
import type { Keeper } from './keeper.ts';

export interface StopSignals extends Disposable {
  readonly asked: Promise<string>;
  /** Rejects with `interrupted` when asked: for racing with what is under way. */
  interrupted(): Promise<never>;
}

/** Taken before anything runs, so that a Ctrl-C during the start takes down what has started. */
export function stopSignals(): StopSignals {
  const { promise: asked, resolve: listener } = Promise.withResolvers<string>();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, listener);
  return {
    asked,
    interrupted: async () => {
      const signal = await asked;
      throw new ClincherError('interrupted', `stopped by ${signal} before the stack was up`);
    },
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}

/** Resolves to what ended it: a signal's name, or null when the stack went first. */
export function untilStopped(signals: StopSignals, keeper: Keeper): Promise<string | null> {
  return Promise.race([signals.asked, keeper.ended.then(() => null)]);
}
