// Looks at what the collector gives, now and then, and says what a person should hear of: in its
// health, which `clincher status` shows, and as a line of its log when an alarm begins and ends.

import type { World } from '../../kit/world.ts';
import { parseExposition } from '../../policy/exposition.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { thresholds } from '../../telemetry/thresholds.ts';
import { seriesMax } from './merge.ts';
import type { MetricsSettings } from './settings.ts';
import { type Alarm, Watch } from './watch.ts';

export interface KeptWatch extends Disposable {
  /** A sentence each. */
  now(): readonly string[];
}

export function keepWatch(
  collect: () => Promise<string>,
  { watchEveryMs }: MetricsSettings,
  world: World,
  { log }: Telemetry,
): KeptWatch {
  const watch = new Watch(thresholds);
  let alarms: readonly Alarm[] = [];
  const look = async () => {
    const { families } = parseExposition(await collect(), 2 * seriesMax);
    const before = alarms;
    alarms = watch.look(families, world.monotonicMs(), world.now() / 1_000);
    for (const { alert, says } of without(alarms, before)) log.warn('alarm', { alert, says });
    for (const { alert } of without(before, alarms)) log.info('alarm-over', { alert });
  };
  let working = false;
  const timer = setInterval(() => {
    if (working) return;
    working = true;
    void look()
      .catch((error: unknown) => log.error('watch-failed', { error: String(error) }))
      .finally(() => {
        working = false;
      });
  }, watchEveryMs).unref();
  return {
    now: () => alarms.map(({ says }) => says),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function without(some: readonly Alarm[], others: readonly Alarm[]): readonly Alarm[] {
  return some.filter(({ alert }) => !others.some((other) => other.alert === alert));
}
