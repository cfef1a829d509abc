// What all connections of the sandbox share: its settings and keys, how much is going on, and the
// metrics of it.

import type { World } from '../../kit/world.ts';
import type { Decision } from '../../policy/decision.ts';
import { bytesByCaller, droppedByCaller, secondsByCaller } from '../../telemetry/caller-metrics.ts';
import type { LogFields } from '../../telemetry/log.ts';
import { metricNames } from '../../telemetry/names.ts';
import { type Counter, Gauge, type Histogram } from '../../telemetry/prom.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { SandboxKeys } from './keys.ts';
import type { SandboxSettings } from './settings.ts';
import type { Storage } from './storage.ts';

export interface House {
  readonly settings: SandboxSettings;
  readonly keys: SandboxKeys;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly load: Load;
  readonly storage: Storage;
  readonly metrics: SandboxMetrics;
}

/** How much is going on, for the limits. */
export class Load {
  connections = 0;
  /** By scope, each with what ends it. */
  readonly #commands = new Map<string, Set<() => void>>();
  #starts: number[] = [];

  commands(): number {
    return [...this.#commands.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Counts one more; what is returned counts it out. */
  open(scope: string, end: () => void, nowMs: number): () => void {
    const running = this.#commands.get(scope) ?? new Set();
    this.#commands.set(scope, running.add(end));
    this.#starts.push(nowMs);
    return () => {
      running.delete(end);
      if (running.size === 0) this.#commands.delete(scope);
    };
  }

  startsSince(sinceMs: number): number {
    this.#starts = this.#starts.filter((at) => at > sinceMs);
    return this.#starts.length;
  }

  scopes(): string[] {
    return [...this.#commands.keys()];
  }

  endAll(scope: string): void {
    for (const end of this.#commands.get(scope) ?? []) end();
  }
}

export interface SandboxMetrics {
  readonly seconds: Histogram<'caller'>;
  readonly bytes: Counter<'caller' | 'direction'>;
  readonly dropped: Counter<'caller'>;
  readonly storage: Gauge<'scope'>;
}

export function createSandboxMetrics({ metrics }: Telemetry, load: Load): SandboxMetrics {
  const registers = [metrics];
  new Gauge({
    name: metricNames.open,
    help: 'Connections that are open now.',
    registers,
    collect() {
      this.set(load.connections);
    },
  });
  new Gauge({
    name: metricNames.sandboxCommands,
    help: 'Commands that run now, each in a jail of its own.',
    registers,
    collect() {
      this.set(load.commands());
    },
  });
  return {
    seconds: secondsByCaller(metrics),
    bytes: bytesByCaller(metrics),
    dropped: droppedByCaller(metrics),
    storage: new Gauge({
      name: metricNames.sandboxStorage,
      help: 'Bytes on the disk in the folders of a scope, when they were last measured.',
      labelNames: ['scope'],
      registers,
    }),
  };
}

/** One connection's or command's line. */
export function writeRecord(
  { world, telemetry }: House,
  caller: string,
  decision: Decision,
  startedMs: number,
  fields: LogFields,
  requestId = world.randomId(),
): void {
  const durationMs = Math.round(world.monotonicMs() - startedMs);
  telemetry.record({ requestId, caller, ...decision, durationMs, fields });
}
