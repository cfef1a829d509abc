// Whole stack files, against the golden files in cases/swarm.

import { caseOptions } from '../../testing/example-options.ts';
import { swarmStack } from '../../testing/example-swarm.ts';
import { goldenCases } from '../../testing/golden.ts';
import { commandsFor } from './commands.ts';
import { renderSwarm } from './render-swarm.ts';

goldenCases(new URL('../../../cases/swarm/', import.meta.url), (input) => {
  const { options = {}, encrypted, show } = JSON.parse(input);
  const stack = swarmStack(caseOptions(options), encrypted);
  if (show !== 'commands') return renderSwarm(stack).trim();
  return commandsFor(stack, 'stack.yaml')
    .map(({ what, lines }) => [`# ${what}`, ...lines].join('\n'))
    .join('\n\n');
});
