// Something a person should hear of: counted, said in the log and sent to whoever the settings
// name, once an hour for the same thing.

import type { World } from '../../../kit/world.ts';
import type { LogFields } from '../../../telemetry/log.ts';
import { metricNames } from '../../../telemetry/names.ts';
import { Counter } from '../../../telemetry/prom.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import type { AlarmKind, Webhook } from './webhook.ts';

const quietMs = 3_600_000;
const rememberedMax = 10_000;

export class Alarms {
  readonly #telemetry: Telemetry;
  readonly #world: World;
  readonly #said = new Map<string, number>();
  readonly #count: Counter<'kind'>;
  readonly #webhook: Webhook | null;

  constructor(telemetry: Telemetry, world: World, webhook: Webhook | null) {
    this.#webhook = webhook;
    this.#telemetry = telemetry;
    this.#world = world;
    this.#count = new Counter({
      name: metricNames.alarms,
      help: 'What a person should hear of, by kind.',
      labelNames: ['kind'],
      registers: [telemetry.metrics],
    });
  }

  /** `subject` is whom it is about: the same kind and subject is said again after an hour. */
  raise(kind: AlarmKind, subject: string, fields: LogFields): void {
    this.#count.inc({ kind });
    const id = `${kind} ${subject}`;
    const nowMs = this.#world.monotonicMs();
    const lastMs = this.#said.get(id);
    if (lastMs !== undefined && nowMs - lastMs < quietMs) return;
    if (this.#said.size >= rememberedMax) this.#said.clear();
    this.#said.set(id, nowMs);
    this.#telemetry.log.warn('alarm', { kind, subject, ...fields });
    this.#webhook?.send({ kind, subject, fields });
  }
}
