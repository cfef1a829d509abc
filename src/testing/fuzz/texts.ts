// What the fuzz targets start from: the inputs of the attack tables, which are valid or nearly so.

import { framingAttacks, steeringAttacks } from '../../verify/attacks/egress/headers.ts';
import {
  portAttacks,
  spellingAttacks,
  undeclaredHostAttacks,
} from '../../verify/attacks/egress/hosts.ts';
import { methodAttacks } from '../../verify/attacks/egress/methods.ts';
import { requestLineAttacks, targetAttacks } from '../../verify/attacks/egress/request-lines.ts';
import { connectTo } from '../../verify/attacks/egress/write.ts';
import { addressLies } from '../egress-attacks/addresses.ts';

export const buffers = (texts: readonly string[]) =>
  texts.map((text) => Buffer.from(text, 'latin1'));

/** Valid ones often, so that changes start from what is accepted. */
export const requestSeeds: readonly Buffer[] = buffers([
  ...Array<string>(40).fill(
    connectTo('api.example.com:443', 'Host: api.example.com:443', 'X-Request-Id: r-1'),
  ),
  ...Array<string>(20).fill(connectTo('[2606:4700::1]:8443', 'User-Agent: a b', 'Accept: */*')),
  ...[...requestLineAttacks, ...targetAttacks, ...framingAttacks].map(({ bytes }) => bytes),
  ...[...methodAttacks, ...steeringAttacks, ...portAttacks].map(({ bytes }) => bytes),
]);

const hostOf = (bytes: string) => /^CONNECT (.*):[0-9]+ /.exec(bytes)?.[1] ?? bytes;

export const hostSeeds: readonly Buffer[] = buffers([
  ...Array<string>(20).fill('api.example.com'),
  ...Array<string>(10).fill('xn--bcher-kva.example'),
  ...Array<string>(5).fill(`${'a'.repeat(63)}.${'b'.repeat(63)}.example`),
  ...['192.0.2.1', '2001:db8::1', '**.example.com', '*.example.com', 'a-b.c--d.example'],
  ...[...spellingAttacks, ...undeclaredHostAttacks].map(({ bytes }) => hostOf(bytes)),
]);

export const addressSeeds: readonly Buffer[] = buffers([
  ...addressLies.map(({ address }) => address),
  ...['8.8.8.8', '2606:4700::1', '192.0.1.255', '192.0.3.0', '172.32.0.0', '100.63.255.255'],
]);

export const tokensOf = (text: string): readonly Buffer[] => buffers(text.split(' '));
