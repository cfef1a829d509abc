// Asks the agent whether it is ready, often until it first is, then now and then.

import type { Health } from '../../kit/running.ts';
import type { World } from '../../kit/world.ts';

export interface ReadySettings {
  readonly readyUrl: string;
  readonly readyTimeoutMs: number;
}

const startingEveryMs = 250;
const runningEveryMs = 5_000;
const askTimeoutMs = 3_000;
/** One slow answer under load is not an agent that is gone. */
const missesMax = 3;

export function watchReady(
  settings: ReadySettings,
  world: World,
): { health(): Health; hasAnswered(): boolean; stop(): void } {
  const startedMs = world.monotonicMs();
  const stopped = new AbortController();
  let answered = false;
  let misses = 0;
  let timer: NodeJS.Timeout | undefined;
  const ask = async () => {
    const isReady = await answersOk(settings.readyUrl, stopped.signal);
    if (stopped.signal.aborted) return;
    answered ||= isReady;
    misses = isReady ? 0 : misses + 1;
    timer = setTimeout(ask, answered ? runningEveryMs : startingEveryMs);
  };
  void ask();
  return {
    health() {
      if (answered && misses < missesMax) return { ready: true };
      if (answered) return { ready: false, detail: 'The agent has stopped answering.' };
      const seconds = Math.round((world.monotonicMs() - startedMs) / 1_000);
      const late = seconds * 1_000 > settings.readyTimeoutMs;
      const detail = late
        ? `The agent has not become ready in ${seconds} s. Its log lines say why.`
        : `The agent has been starting for ${seconds} s.`;
      return { ready: false, detail };
    },
    hasAnswered: () => answered,
    stop() {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}

async function answersOk(url: string, stopped: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(askTimeoutMs)]);
    const response = await fetch(url, { signal, redirect: 'manual' });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
