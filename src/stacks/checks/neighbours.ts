// Who reaches whom inside: on a bridge every port of everybody is open to everybody.

import type { Check } from '../../check/check.ts';
import type { FoundService } from '../model.ts';
import { hostOf } from '../parts.ts';
import { type StackView, settingOf } from '../view.ts';

export const flat: Check<StackView> = {
  id: 'stack-flat',
  invariant: 'A network connects two services that have something to say to one another.',
  because: 'On a shared bridge one service that is taken over reaches every port of all others.',
  *find(view) {
    const names = new Set(
      view.stack.services.flatMap((one) => view.networksOf(one).map(({ name }) => name)),
    );
    for (const network of names) {
      const on = membersOf(network, view);
      if (on.length < 3) continue;
      const hasAgent = on.some((one) => view.part(one) === 'agent');
      const [first] = on
        .flatMap((one) => view.networksOf(one))
        .filter(({ name }) => name === network);
      yield {
        severity: hasAgent ? 'fatal' : 'warning',
        about: network,
        message: `${on.map(({ name }) => name).join(', ')} reach every port of one another on ${network}`,
        fix: 'One network with `internal: true` for each pair that speaks to one another.',
        at: first?.at ?? { file: view.stack.file, line: 1, column: 1 },
      };
    }
  },
};

export const dockerReach: Check<StackView> = {
  id: 'stack-docker-reach',
  invariant: 'Only who is told of the Docker proxy reaches it.',
  because: 'The Docker API asks nobody who they are: to reach it is to use it.',
  *find(view) {
    for (const proxy of view.ofPart('docker-proxy')) {
      const others = view.neighbours(proxy).filter((one) => {
        const told = hostOf(settingOf(one, 'DOCKER_HOST')?.value ?? '');
        return !told.includes(proxy.name) && !isPair(proxy, one, view);
      });
      if (others.length === 0) continue;
      yield {
        severity: 'fatal',
        about: proxy.name,
        message: `the Docker API of ${proxy.name} is in reach of ${others.map(({ name }) => name).join(', ')}`,
        fix: 'Give it a network of its own with the one service that uses it.',
        at: proxy.at,
      };
    }
  },
};

/** A network for these two alone was made for them. */
function isPair(one: FoundService, other: FoundService, view: StackView): boolean {
  const own = view.networksOf(other).map(({ name }) => name);
  const shared = view.networksOf(one).filter(({ name }) => own.includes(name));
  return shared.every(({ name }) => membersOf(name, view).length === 2);
}

function membersOf(network: string, view: StackView): readonly FoundService[] {
  return view.stack.services.filter((one) =>
    view.networksOf(one).some(({ name }) => name === network),
  );
}
