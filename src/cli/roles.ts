// The list of roles: each is imported only when it is served, so that one role never pays for
// another.

import type * as z from 'zod';
import type { Running } from '../kit/running.ts';
import type { World } from '../kit/world.ts';
import type { Role } from '../roles/role.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** A role whose settings have been read: nothing about their shape is left to know. */
export type ReadyRole =
  | { readonly start: (world: World, telemetry: Telemetry) => Promise<Running> }
  | { readonly refusedBy: z.ZodType };

export type LoadedRole = (raw: unknown) => ReadyRole;

export const roles: Readonly<Record<string, () => Promise<LoadedRole>>> = {
  demo: async () => opened((await import('../roles/demo/serve.ts')).demoRole),
  'docker-proxy': async () =>
    opened((await import('../roles/docker-proxy/serve.ts')).dockerProxyRole),
  egress: async () => opened((await import('../roles/egress/serve.ts')).egressRole),
  ingress: async () => opened((await import('../roles/ingress/serve.ts')).ingressRole),
  llm: async () => opened((await import('../roles/llm/serve.ts')).llmRole),
  metrics: async () => opened((await import('../roles/metrics/serve.ts')).metricsRole),
  relay: async () => opened((await import('../roles/relay/serve.ts')).relayRole),
  sandbox: async () => opened((await import('../roles/sandbox/serve.ts')).sandboxRole),
};

/** Reads a role's settings with its own schema, which can say what is wrong with them. */
export function opened<S>(role: Role<S>): LoadedRole {
  return (raw) => {
    const parsed = role.settings.safeParse(raw);
    if (!parsed.success) return { refusedBy: role.settings };
    return { start: (world, telemetry) => role.serve(parsed.data, world, telemetry) };
  };
}
