// Where nobody knows an address before a service runs (Swarm), a plan names networks in its place.
// Once each service has been asked what it has, they are the addresses that it has there.

import { isIPv4 } from 'node:net';
import { isInNetwork, parseAddress } from '../kit/address.ts';
import type { AddressEnd, BridgeEnd, Plan } from '../plan/model.ts';
import type { Surveyed } from './survey.ts';

/** Services whose plans name addresses already are as they were. */
export function settleAddresses(services: readonly Surveyed[]): Surveyed[] {
  const within = (name: string, subnet: string) => {
    const found = services.find((one) => one.name === name)?.system.interfaces ?? [];
    return found.find(({ address }) => isIPv4(address) && isInNetwork(subnet, address))?.address;
  };
  return services.map((surveyed) => {
    const { name, plan } = surveyed;
    const { bridges, answers, reaches } = plan;
    const settle = (end: AddressEnd, who: string): AddressEnd => {
      const parsed = parseAddress(end.address);
      if (parsed?.kind !== 'network') return end;
      const address = within(who, parsed.network);
      return address === undefined ? end : { ...end, address: `tcp:${address}:${parsed.port}` };
    };
    const join = (end: BridgeEnd): BridgeEnd =>
      end.address === end.subnet ? { ...end, address: within(name, end.subnet) ?? '' } : end;
    return {
      ...surveyed,
      plan: {
        ...plan,
        ...(bridges && { bridges: bridges.map(join) }),
        ...(answers && { answers: answers.map((end) => settle(end, name)) }),
        ...(reaches && { reaches: reaches.map((end) => settle(end, end.peer)) }),
      },
    };
  });
}

/** The same plan, with what was settled of those who could be asked. */
export function settled(plan: Plan, services: readonly Surveyed[]): Plan {
  const found = (name: string) => services.find((one) => one.name === name)?.plan;
  return { ...plan, services: plan.services.map((each) => found(each.name) ?? each) };
}
