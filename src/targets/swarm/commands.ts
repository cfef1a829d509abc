// What has to be there before a stack is deployed, as the commands that make it: an image and a
// network's recipe on each node, labels, secrets.

import { bridgesIn } from '../compose/compose-network.ts';
import {
  isPlaced,
  localNetworks,
  networkName,
  placeLabel,
  recipeName,
  type SwarmStack,
} from './model.ts';
import { secretName, secretsIn } from './secrets.ts';

export interface Commands {
  /** What they are for. */
  readonly what: string;
  readonly lines: readonly string[];
}

const option = 'com.docker.network.bridge';

/** In the order in which they are to be given. */
export function commandsFor(stack: SwarmStack, file: string): readonly Commands[] {
  const { services, name } = stack;
  const local = localNetworks(bridgesIn(services.map(({ plan }) => plan)));
  const images = [...new Set(services.map(({ plan }) => plan.container?.image ?? ''))].sort();
  const placed = services.filter(isPlaced).map(({ plan }) => plan.name);
  return [
    {
      what: 'on every node: these say nothing where the kernel has what the networks need',
      lines: kernelChecks(stack),
    },
    {
      what: 'on every node, in /etc/docker/daemon.json, for Swarm has no word for it',
      lines: ['{ "no-new-privileges": true }'],
    },
    {
      what: 'to every node the images, of which no registry knows',
      lines: [`docker save ${images.join(' ')} | docker -H ssh://NODE load`],
    },
    ...local.map(({ bridge, kind, subnet }) => ({
      what: `on the node that ${bridge.slice(bridge.indexOf('.') + 1)} is to run on`,
      lines: [
        [
          `docker -H ssh://NODE network create --config-only --subnet ${subnet}`,
          ...(kind === 'door' ? [`--opt ${option}.enable_ip_masquerade=false`] : []),
          `--opt ${option}.enable_icc=false ${recipeName(stack, bridge)}`,
        ].join(' '),
      ],
    })),
    {
      what: 'on a manager: the networks of those recipes',
      lines: local.map(({ bridge }) =>
        [
          'docker network create --scope swarm --driver bridge --config-from',
          `${recipeName(stack, bridge)} ${networkName(stack, bridge)}`,
        ].join(' '),
      ),
    },
    {
      what: 'each on one node alone: what they keep is there and nowhere else',
      lines: placed.map((one) => `docker node update --label-add ${placeLabel(one)}=here NODE`),
    },
    {
      what: 'the secrets',
      lines: secretsIn(stack).map(
        (one) => `docker secret create ${secretName(stack, one)} secrets/${one}`,
      ),
    },
    {
      what: 'and then',
      lines: [`docker stack deploy --resolve-image never --compose-file ${file} ${name}`],
    },
  ];
}

/** In a network of its own, which ends with the command. */
function kernelChecks({ encrypted }: SwarmStack): readonly string[] {
  const vxlan = 'sudo unshare --net ip link add name test type vxlan id 1 dstport 4789';
  if (!encrypted) return [vxlan];
  // As Docker asks for it: the algorithm and the size of its key (libnetwork, encryption.go).
  const key = `0x${'5a'.repeat(20)}`;
  const ends = 'src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode transport';
  const esp = `sudo unshare --net ip xfrm state add ${ends} aead 'rfc4106(gcm(aes))' ${key} 64`;
  return [vxlan, esp];
}
