// The environment of Tecnativa's docker-socket-proxy as settings of the role: its switches, its
// port, its socket.

import type * as z from 'zod';
import { parseAddress } from '../../kit/address.ts';
import { ClincherError } from '../../kit/error.ts';
import { switchesFromEnvironment } from '../../policy/docker/tecnativa.ts';
import type { dockerProxySettings } from '../../roles/docker-proxy/settings.ts';

export interface TecnativaFlags {
  readonly listen?: readonly string[];
  readonly docker?: string;
  readonly admin?: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Whoever reaches the port: there is one set of switches for all. */
const anybody = 'anybody';

/** @throws ClincherError `usage` for switches and addresses that are none */
export function tecnativaSettings(
  flags: TecnativaFlags,
  variables: Variables,
): z.input<typeof dockerProxySettings> {
  const { switches, faults } = switchesFromEnvironment(variables);
  if (faults.length > 0) throw usage(faults.join('; '));
  const listen = flags.listen ?? [standardListen(variables)];
  const docker = flags.docker ?? variables.SOCKET_PATH ?? '/var/run/docker.sock';
  return {
    service: 'docker-proxy',
    admin: (flags.admin ?? []).map(addressOf),
    listen: listen.map((text) => ({ address: addressOf(text), caller: anybody })),
    docker: docker.startsWith('/') ? `unix:${docker}` : addressOf(docker),
    profile: 'tecnativa',
    switches,
    limits,
  };
}

/** Its own bounds, for callers that were written against them: haproxy.cfg. */
const limits = {
  connectionsMax: 3_000,
  streamsMax: 3_000,
  streamIdleTimeoutMs: 600_000,
  requestsPerSecondMax: 10_000,
  answerTimeoutMs: 600_000,
  slowAnswerTimeoutMs: 600_000,
};

function standardListen({ DISABLE_IPV6 }: Variables): string {
  const isOff = ['1', 'true', 'yes'].includes(DISABLE_IPV6?.toLowerCase() ?? '');
  return isOff ? '0.0.0.0:2375' : '[::]:2375';
}

function addressOf(text: string): string {
  const address = parseAddress(text) === null ? `tcp:${text}` : text;
  if (parseAddress(address) !== null) return address;
  throw usage(`${text} is not an address: 127.0.0.1:2375, [::1]:2375 or unix:/path`);
}

function usage(message: string): ClincherError {
  return new ClincherError('usage', message, { fix: 'clincher docker-proxy --help' });
}
