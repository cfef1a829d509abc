// What has to be there before a stack is deployed, as the commands that make it: images, recipes of
// networks, labels, secrets.

import { bridgesIn } from '../compose/compose-network.ts';
import { networkArgs, recipeArgs } from './local-networks.ts';
import { isPlaced, localNetworks, placeLabel, type SwarmStack } from './model.ts';
import { secretName, secretsIn } from './secrets.ts';

export interface Commands {
  /** What they are for. */
  readonly what: string;
  readonly lines: readonly string[];
}

/** In the order in which they are to be given. */
export function commandsFor(stack: SwarmStack, file: string): readonly Commands[] {
  const { services, name, encrypted } = stack;
  const local = localNetworks(bridgesIn(services.map(({ plan }) => plan)));
  const placed = services.filter(isPlaced).map(({ plan }) => plan.name);
  return [
    {
      what: 'on every node, in /etc/docker/daemon.json, for Swarm has no word for it',
      lines: ['{ "no-new-privileges": true }'],
    },
    {
      what: 'to every node the images, and a trial of what lies between them; a manager first',
      lines: [`clincher swarm prepare${encrypted ? '' : ' --unencrypted'} --node ssh://NODE`],
    },
    ...local.map((end) => ({
      what: `on the node that ${end.bridge.slice(end.bridge.indexOf('.') + 1)} is to run on`,
      lines: [`docker -H ssh://NODE ${recipeArgs(stack, end).join(' ')}`],
    })),
    {
      what: 'on a manager: the networks of those recipes',
      lines: local.map((end) => `docker ${networkArgs(stack, end).join(' ')}`),
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
