// Which ports of the host are meant to be open: those that are said, and those that the stack
// listens on for the world.

import { existsSync } from 'node:fs';
import type { HostWishes } from '../../hardening/model.ts';
import { ClincherError } from '../../kit/error.ts';
import { configFileOf, defaultConfig, type StackFlags } from '../flags.ts';
import { declareStack } from '../stack.ts';

export interface HostFlags extends StackFlags {
  readonly open?: readonly string[];
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly undo?: boolean;
}

/** @throws ClincherError `usage`, `config-*` */
export async function wishesOf(flags: HostFlags): Promise<HostWishes> {
  const said = (flags.open ?? []).map(portOf);
  // A host without a stack can be hardened as well.
  if (flags.config === defaultConfig && !existsSync(configFileOf(flags))) {
    return { openPorts: said, front: null };
  }
  const { topology, options } = await declareStack(flags);
  const listeners = topology.services
    .flatMap(({ rights }) => rights.worldListeners)
    .filter(({ host }) => !/^127\.|^::1$/.test(host));
  const { listen, cloudflare } = options.ingress;
  const isFronted = cloudflare !== null && 'addresses' in cloudflare.way;
  const ranges = isFronted ? cloudflare.ranges : [];
  return {
    openPorts: [...said, ...listeners.map(({ port }) => port)],
    front: ranges.length === 0 ? null : { port: listen.port, ranges },
  };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new ClincherError('usage', `--open ${text}: not a port`, { fix: 'A number, 1 to 65535.' });
}
