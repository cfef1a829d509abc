// Whether a container was made as planned: its image, its rights, its networks, as Docker says that
// it has made it. What a process has at the moment does not show all that it may be given.

import type { InspectedContainer, InspectedNetwork } from '../drivers/driver.ts';
import type { BridgeEnd } from '../plan/model.ts';
import { judge } from './judge.ts';
import type { Row } from './model.ts';
import type { Surveyed } from './survey.ts';

interface Difference {
  readonly what: string;
  /** What differs; empty when nothing does. */
  readonly found: readonly string[];
  readonly asPlanned: string;
}

/** None for what is no container. */
export function containerRows(from: Surveyed): Row[] {
  const { container } = from.inspection;
  if (container === undefined) return [];
  return [...rightsOf(from, container), ...networksOf(from, container)].map(
    ({ what, found, asPlanned }) =>
      judge({
        ...{ from: from.name, to: 'kernel', via: 'rights', what, declared: null },
        observed: found.length === 0 ? 'denied' : 'open',
        evidence: found.join(', ') || asPlanned,
        fix: `${from.name} was not made by clincher as it is now: "clincher restart ${from.name}".`,
      }),
  );
}

function rightsOf({ plan, system }: Surveyed, container: InspectedContainer): Difference[] {
  const planned = plan.container;
  const user = planned === undefined ? '' : `${planned.user.uid}:${planned.user.gid}`;
  const isKnown = planned?.imageIds.length === 0 || planned?.imageIds.includes(container.image);
  const ifNot = (holds: boolean, text: string) => (holds ? [] : [text]);
  const loose = container.securityOptions.filter((option) => /unconfined|disable/.test(option));
  // A daemon that is set up so gives it to all, and says nothing of it.
  const locked =
    container.securityOptions.some((option) => /^no-new-privileges/.test(option)) ||
    system.status.NoNewPrivs === '1';
  return [
    {
      what: 'another image than the planned one',
      found: ifNot(isKnown === true, container.image),
      asPlanned: container.image,
    },
    {
      what: 'rights that its container was given',
      found: [
        ...container.capabilitiesAdded,
        ...ifNot(!container.privileged, 'privileged'),
        ...ifNot(locked, 'new privileges are not refused'),
        ...loose,
        ...ifNot(container.devices === 0, `${container.devices} devices`),
      ],
      asPlanned: 'none',
    },
    {
      what: 'a root that can be written, or another user',
      found: [
        ...ifNot(container.readOnlyRoot, 'its root is not read-only'),
        ...ifNot(container.user === user, `user ${container.user || 'root'}`),
      ],
      asPlanned: `user ${user}, read-only`,
    },
    { what: "another's namespace by its container", found: container.shares, asPlanned: 'none' },
  ];
}

function networksOf({ plan }: Surveyed, { networks, resolvers }: InspectedContainer): Difference[] {
  const bridges = plan.bridges ?? [];
  const isPlanned = ({ name }: InspectedNetwork) => bridges.some(({ bridge }) => bridge === name);
  const strange = networks.filter((network) => network.name !== 'none' && !isPlanned(network));
  const wrong = bridges.flatMap((end) => {
    const network = networks.find(({ name }) => name === end.bridge);
    return network === undefined ? [`${end.bridge} is missing`] : faultsOf(end, network);
  });
  const asked = plan.network === 'none' && bridges.length > 0 && resolvers.join() !== '127.0.0.1';
  return [
    {
      what: 'a network beside the planned ones',
      found: strange.map(({ name, address }) => `${name} ${address}`),
      asPlanned: `${bridges.length} planned`,
    },
    { what: 'a network made otherwise', found: wrong, asPlanned: 'each as planned' },
    {
      what: 'a resolver that asks others',
      found: asked ? [resolvers.join(' ') || 'that of the host'] : [],
      asPlanned: 'none',
    },
  ];
}

const option = 'com.docker.network.bridge';

function faultsOf({ bridge, kind, address }: BridgeEnd, network: InspectedNetwork): string[] {
  const is = (name: string, value: string) => network.options[`${option}.${name}`] === value;
  const faults: string[] = [];
  if (network.address !== address) faults.push(`${bridge} gave it ${network.address}`);
  if ((kind === 'edge' || kind === 'shared') && !network.internal)
    faults.push(`${bridge} is not internal`);
  const isHostless =
    network.kind === 'overlay' || is('inhibit_ipv4', 'true') || is('gateway_mode_ipv4', 'isolated');
  if (kind === 'edge' && !isHostless) {
    faults.push(`${bridge} has an address of the host on it`);
  }
  if (kind === 'door' && !is('enable_ip_masquerade', 'false')) {
    faults.push(`${bridge} gives what leaves the host's address`);
  }
  return faults;
}
