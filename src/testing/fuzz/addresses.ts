// Fuzz target: the classes of addresses, compared with a block list of node:net made from the same
// ranges and matched by other code.

import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { classifyAddress, parseBlock } from '../../policy/address-class.ts';
import { addressClasses, addressRanges } from '../../policy/address-ranges.ts';
import { decideAddress, egressPolicy } from '../../policy/egress.ts';
import { reasons } from '../../policy/reasons.ts';
import type { FuzzTarget } from './run.ts';
import { addressSeeds, tokensOf } from './texts.ts';

const policy = egressPolicy([], ['10.0.0.0/8', '[fd00::/8]:443'], []);
/** Apart, because a BlockList takes a range of mapped addresses for all of IPv4. */
const notPublic = { 4: new BlockList(), 6: new BlockList() } as const;
for (const { cidr, class: addressClass } of addressRanges) {
  const [network = '', bits = ''] = cidr.split('/');
  if (addressClass === 'public' || bits === '0') continue;
  if (isIP(network) === 4) notPublic[4].addSubnet(network, Number(bits), 'ipv4');
  else notPublic[6].addSubnet(network, Number(bits), 'ipv6');
}
/** The one part of IPv6 that is the internet: RFC 3587. */
const unicast = new BlockList();
unicast.addSubnet('2000::', 3, 'ipv6');

export const addressTarget: FuzzTarget = {
  name: 'address',
  weight: 10,
  seeds: addressSeeds,
  tokens: tokensOf(
    '. : :: 0 00 255 256 127 10 ffff ::ffff: 64:ff9b:: 2002: 5efe %lo /8 /0 -1 0x7f e a9fe 7f00:1',
  ),
  check(input) {
    const text = input.toString('latin1');
    const block = parseBlock(text);
    assert.ok(block === null || block.prefixBits <= block.bytes.length * 8);
    const decision = decideAddress(policy, text, 443);
    assert.ok(Object.hasOwn(reasons, decision.reason), decision.reason);
    const found = classifyAddress(text);
    if (found === null) {
      assert.equal(decision.reason, 'address-malformed');
      assert.ok(isIP(text) === 0 || text.includes('%'), 'an address was not read');
      return 'no address';
    }
    assert.ok(Object.hasOwn(addressClasses, found.class));
    assert.deepEqual(classifyAddress(found.address), found, 'another class by another spelling');
    assert.equal(found.class === 'public', isPublic(found.address), text);
    if (found.class === 'public') assert.equal(decision.verdict, 'allow');
    if (found.class === 'metadata') assert.equal(decision.reason, 'address-never');
    if (decision.verdict === 'allow') assert.equal(decision.address, found.address);
    return found.class;
  },
};

function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !notPublic[4].check(address, 'ipv4');
  return (
    unicast.check(address, 'ipv6') && !notPublic[6].check(address, 'ipv6') && !isIsatap(address)
  );
}

/** In hexadecimal groups: the fifth is 0 or 200 and the sixth 5efe. */
function isIsatap(address: string): boolean {
  const [before = '', after] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [head, tail] = [groups(before), groups(after ?? '')];
  const all = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return (all[4] === '0' || all[4] === '200') && all[5] === '5efe';
}
