// The door every role has: a name, a strict schema of what it is told, and the way to start it.

import * as z from 'zod';
import { addressText } from '../kit/address.ts';
import type { Running } from '../kit/running.ts';
import type { World } from '../kit/world.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/**
 * The life of a role: its settings file is read and checked against `settings` (no I/O, every error
 * at once);
 * `serve` opens its listeners and resolves when they listen; `clincher serve` then opens the admin
 * sockets (GET /healthz, GET /metrics) over what it returned; disposal closes listeners, then ends
 * what is in flight. Disposal works also after a start that failed half way.
 */
export interface Role<S> {
  readonly name: string;
  readonly settings: z.ZodType<S>;
  serve(settings: S, world: World, telemetry: Telemetry): Promise<Running>;
}

/** What every role's settings begin with; spread into its strictObject. */
export const commonSettings = {
  /** The service's name in the topology; the name it logs under. */
  service: z.string().min(1),
  /** Admin sockets, one per reader. */
  admin: z.array(addressText).max(8),
};
