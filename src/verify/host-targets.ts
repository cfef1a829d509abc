// What of the host and of the outside every service is made to try: each address and each listener
// that the host has, by every protocol; addresses of the documentation; metadata; resolvers. Pure.

import { isIPv6 } from 'node:net';
import type { Listener, SystemResult } from './probes/system.ts';
import { type HostFacts, leadsOut, type Surveyed } from './survey.ts';
import { abstract, type Target, tcp, udp, unique } from './target.ts';

export const documentationAddresses = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1'];
export const metadataAddress = '169.254.169.254';
/**
 * Where clouds answer with a machine's identity: the address that all share, AWS by IPv6, its
 * containers and its Kubernetes. None of them is routed on from the machine's own link.
 */
const metadataAddresses = [metadataAddress, 'fd00:ec2::254', '169.254.170.2', '169.254.170.23'];
/**
 * RFC 2606: no such name can exist, so asking for it tells a resolver nothing and no stranger is
 * involved.
 */
export const probeName = 'clincher-probe.invalid';
/**
 * What leaves a network where nobody looks: names over TCP, TLS (RFC 7858) and QUIC (RFC 9250),
 * clocks, HTTP/3.
 */
const outsidePorts = { tcp: [443, 53, 853], udp: [53, 443, 123, 853] };
/** Whoever is near hears it: mDNS (RFC 6762), LLMNR (RFC 4795), SSDP. */
const groupTargets = [
  udp('internet', '224.0.0.251', 5_353),
  udp('internet', '224.0.0.252', 5_355),
  udp('internet', '239.255.255.250', 1_900),
];
/** RFC 863: nobody has listened there for decades. */
const discardPort = 9;

/** Whatever listens on the host, wherever it does, and every address that the host has at all. */
export function hostTargets(from: Surveyed, facts: HostFacts): Target[] {
  const { system, resolvers } = facts;
  const addresses = system.interfaces.flatMap((one) => spellings(one, from));
  const listening = system.listeners.flatMap((listener) =>
    listensAt(listener, addresses).map((address) => targetOf('host', listener, address)),
  );
  return unique([
    ...addresses.map((address) => tcp('host', address, discardPort, false)),
    ...listening,
    ...system.abstracts.map((name) => abstract('host', name)),
    ...outsideTargets(resolvers),
    // Whose network leads out would tell whoever is near the host; on a bridge its ends hear it.
    ...(leadsOut(from, facts) || from.plan.bridges?.length ? [] : groupTargets),
    ...gatewayTargets(from),
  ]);
}

/** Of a listener on all addresses: each of that family; no datagram is known to be answered. */
export function targetOf(to: string, { protocol, port }: Listener, address: string): Target {
  return protocol.startsWith('tcp')
    ? tcp(to, address, port, true)
    : { ...udp(to, address, port), live: true };
}

export function listensAt({ address }: Listener, addresses: readonly string[]): readonly string[] {
  if (address !== '0.0.0.0' && address !== '::') return [address];
  return addresses.filter((each) => isIPv6(each.split('%')[0] ?? '') === isIPv6(address));
}

/**
 * An address of a link (RFC 4291, 2.5.6) is one only together with an interface: who has a network
 * of its own tries it on each of its own; who has the host's, on the one it is of.
 */
function spellings(
  { name, address }: SystemResult['interfaces'][number],
  from: Surveyed,
): readonly string[] {
  const [plain = address] = address.split('%');
  if (!/^fe[89ab]/i.test(plain)) return [plain];
  if (from.system.devices.includes(name)) return [`${plain}%${name}`];
  const own = from.system.devices.filter((device) => device !== 'lo');
  return (own.length === 0 ? ['lo'] : own).map((device) => `${plain}%${device}`);
}

function outsideTargets(resolvers: HostFacts['resolvers']): Target[] {
  const internet = documentationAddresses.flatMap((address) => [
    ...outsidePorts.tcp.map((port) => tcp('internet', address, port, false)),
    ...outsidePorts.udp.map((port) => udp('internet', address, port)),
  ]);
  const metadata = metadataAddresses.map((address) => tcp('metadata', address, 80, false));
  const asked = resolvers.flatMap((address) => [
    udp('resolver', address, 53),
    ...[53, 853].map((port) => tcp('resolver', address, port, false)),
  ]);
  const name: Target = { ...udp('resolver', probeName, 0), kind: 'name', via: 'dns' };
  return [...internet, ...metadata, ...asked, name];
}

/**
 * What would be the host on a bridge: nothing has to listen there for the way to be open. On an
 * overlay that leads nowhere it is the network's own end, in a namespace without anybody.
 */
function gatewayTargets({ plan, inspection }: Surveyed): Target[] {
  const networks = inspection.container?.networks ?? [];
  const isOverlay = (bridge: string) =>
    networks.some(({ name, kind, internal }) => name === bridge && kind === 'overlay' && internal);
  return (plan.bridges ?? [])
    .filter(({ bridge }) => !isOverlay(bridge))
    .flatMap(({ gateway }) => [
      tcp('host', gateway, discardPort, false),
      // A resolver for containers stands there, as dnsmasq and Podman have it.
      tcp('host', gateway, 53, false),
      udp('host', gateway, 53),
    ]);
}
