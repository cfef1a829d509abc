// What stands in front of the ingress: who may connect at all, and whose word about the client's
// address is taken. The word of anybody else would let a stranger choose who they are.

import { BlockList, isIP } from 'node:net';

export interface Front {
  /** In CIDR notation. */
  readonly ranges: readonly string[];
  readonly addressHeader: string | null;
}

export interface FrontPolicy {
  /** `address` is the socket's. */
  admits(address: string): boolean;
  /** Who the client is, for one that was admitted; headers as name, value, name, value. */
  clientAddress(address: string, rawHeaders: readonly string[]): string;
}

export function frontPolicy({ ranges, addressHeader }: Front): FrontPolicy {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    admits(address) {
      const plain = /^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address;
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
    },
    clientAddress(address, rawHeaders) {
      const said = rawHeaders.filter(
        (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === addressHeader,
      );
      // Said twice, one of them is somebody else's word.
      const [only = ''] = said.length === 1 ? said : [];
      // A zone is of the machine that says it: `fe80::1%eth0`.
      return isIP(only) === 0 || only.includes('%') ? address : only;
    },
  };
}
