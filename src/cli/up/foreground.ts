// `up` in the foreground: stays until Ctrl-C, SIGTERM or a closed terminal, or until the stack is
// taken down from elsewhere.

import type { SupervisorProcess } from '../../drivers/embedded/start-supervisor.ts';

export interface StopSignals extends Disposable {
  readonly asked: Promise<string>;
  isAsked(): boolean;
}

/** Taken before anything runs, so that a Ctrl-C during the start takes down what has started. */
export function stopSignals(): StopSignals {
  let asked = false;
  let resolveAsked: (signal: string) => void = () => undefined;
  const promise = new Promise<string>((resolve) => {
    resolveAsked = resolve;
  });
  const listener = (signal: string) => {
    asked = true;
    resolveAsked(signal);
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, listener);
  return {
    asked: promise,
    isAsked: () => asked,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}

/** Resolves to what ended it: a signal's name, or null when the supervisor went first. */
export function untilStopped(
  signals: StopSignals,
  supervisor: SupervisorProcess,
): Promise<string | null> {
  return Promise.race([signals.asked, supervisor.ended.then(() => null)]);
}
