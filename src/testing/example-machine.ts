// The one machine that tests plan for.

import type { Machine } from '../plan/machine.ts';

export function exampleMachine(change: Partial<Machine> = {}): Machine {
  return {
    agentRoot: '/srv/clincher/.cache/openclaw-2026.9.6',
    onnxRoot: '/srv/clincher/.cache/onnxruntime-node-1.30.0',
    ingressPrograms: { caddy: '/usr/bin/caddy', nginx: '/usr/sbin/nginx' },
    agentState: '/srv/stack/.clincher/services/gateway/state',
    user: { uid: 1_001, gid: 1_002 },
    ...change,
  };
}
