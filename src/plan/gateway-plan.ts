// The agent in its jail: the relay's ports on localhost, the program it starts, and the agent's
// settings file.

import { renderOpenclaw } from '../render/openclaw.ts';
import type { Edge, Topology } from '../topology/model.ts';
import { agentPorts } from '../topology/pins.ts';
import { standardShape } from '../topology/sandbox.ts';
import { gatewayToken } from '../topology/secrets.ts';
import { containerPrefix, sandboxUser } from './docker-template.ts';
import type { Ends } from './ends.ts';
import type { Machine } from './machine.ts';
import type { PlannedFile } from './model.ts';
import { inside } from './paths.ts';

const configPath = `${inside.run}/files/openclaw.json`;
const entry = `${inside.agent}/node_modules/openclaw/openclaw.mjs`;

/**
 * What `clincher openclaw ...` needs to run the agent's own command line beside the running agent.
 */
export const agentCommand = [inside.node, entry] as const;

/** No secret is in here: the agent reads its two from files. */
export const agentEnvironment = {
  HOME: inside.state,
  LANG: 'C.UTF-8',
  NODE_ENV: 'production',
  // The relay is its supervisor: it must stay the process that was started.
  OPENCLAW_NO_RESPAWN: '1',
  OPENCLAW_CONFIG_PATH: configPath,
  OPENCLAW_STATE_DIR: `${inside.state}/openclaw`,
  // Where the docker command line, with which it makes its sandboxes, finds docker-proxy; where the
  // topology has none, nothing is there.
  DOCKER_HOST: `tcp://127.0.0.1:${agentPorts.dockerProxy}`,
  PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
  TMPDIR: '/tmp',
} as const;

export function gatewayFiles(topology: Topology, machine: Machine): readonly PlannedFile[] {
  const shape = topology.services.flatMap(({ run }) => ('shape' in run ? [run.shape] : []))[0];
  const config = renderOpenclaw(topology, {
    secretsDir: inside.secrets,
    stateDir: inside.state,
    sandbox: {
      containerPrefix: containerPrefix(machine),
      user: sandboxUser(shape ?? standardShape, machine),
    },
  });
  return [{ path: configPath, content: `${JSON.stringify(config, null, 2)}\n` }];
}

export function relaySettingsOf({ edgesIn, edgesOut, listenAt, dialAt }: Ends) {
  const agent = `tcp:127.0.0.1:${agentPorts.gateway}`;
  return {
    listen: edgesIn
      .filter(({ port }) => port === 'http')
      .map(({ from }) => ({
        address: listenAt(from, 'http'),
        caller: from,
        to: agent,
      })),
    dial: localPorts(edgesOut).map(([edge, port]) => ({
      listen: `tcp:127.0.0.1:${port}`,
      callee: edge.to,
      to: dialAt(edge.to, edge.port),
      // A tunnel, or an attach to a container, stops being HTTP half way.
      protocol: edge.protocol === 'http' ? 'http' : 'tcp',
    })),
    look: {
      url: `ws://127.0.0.1:${agentPorts.gateway}/`,
      tokenFile: `${inside.secrets}/${gatewayToken}`,
    },
    program: {
      argv: [...agentCommand, 'gateway', 'run'],
      env: agentEnvironment,
      cwd: inside.state,
      readyUrl: `http://127.0.0.1:${agentPorts.gateway}/healthz`,
      readyTimeoutMs: 150_000,
    },
  };
}

/**
 * The ports that are known by role; a callee of the user's own by its number, or the next free one.
 */
function localPorts(edges: readonly Edge[]): readonly (readonly [Edge, number])[] {
  const taken = new Set<number>(Object.values(agentPorts));
  let next: number = agentPorts.first;
  return edges.map((edge) => {
    const known = knownPort(edge);
    if (known !== null) return [edge, known] as const;
    const wanted = /^[0-9]{4,5}$/.test(edge.port) ? Number(edge.port) : 0;
    const usable = wanted >= 1_024 && wanted <= 65_535 && !taken.has(wanted);
    while (!usable && taken.has(next)) next += 1;
    const port = usable ? wanted : next;
    taken.add(port);
    return [edge, port] as const;
  });
}

function knownPort(edge: Edge): number | null {
  if (edge.to === 'llm' && edge.port === 'api') return agentPorts.llm;
  if (edge.to === 'docker-proxy' && edge.port === 'api') return agentPorts.dockerProxy;
  if (edge.to === 'egress' && edge.port === 'proxy') return agentPorts.egress;
  if (edge.to === 'sandbox' && edge.port === 'ssh') return agentPorts.sandbox;
  return null;
}
