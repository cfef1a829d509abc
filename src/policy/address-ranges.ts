// The one table of address ranges that are not the public internet, each with the document that
// says so. The longest matching prefix decides, so the order here is only for reading.

export const addressClasses = {
  public: 'A unicast address of the public internet.',
  unspecified: 'No address, or this very host.',
  loopback: 'This host itself.',
  private: 'A private network.',
  shared: 'The inside of a provider: carrier-grade NAT.',
  'link-local': 'The local link only.',
  metadata: 'A cloud metadata service, which hands out credentials.',
  multicast: 'A group, not a host.',
  broadcast: 'Every host of the link.',
  documentation: 'Reserved for documentation.',
  benchmarking: 'Reserved for benchmarks.',
  special: 'Assigned to a protocol, not to hosts.',
  reserved: 'Not assigned.',
  'embeds-ipv4': 'An IPv6 form that carries an IPv4 address and can lead to it.',
} as const;

export type AddressClass = keyof typeof addressClasses;

export interface AddressRange {
  readonly cidr: string;
  readonly class: AddressClass;
  readonly source: string;
  /** The byte at which the embedded IPv4 address starts, and whether it is stored inverted. */
  readonly embedsAt?: number;
  readonly inverted?: boolean;
}

const v4 = (cidr: string, name: AddressClass, source: string): AddressRange => ({
  cidr,
  class: name,
  source,
});

const embeds = (cidr: string, source: string, embedsAt: number, inverted = false) =>
  ({ cidr, class: 'embeds-ipv4', source, embedsAt, inverted }) satisfies AddressRange;
const v6 = v4;

export const addressRanges: readonly AddressRange[] = [
  v4('0.0.0.0/0', 'public', 'RFC 791'),
  v4('0.0.0.0/8', 'unspecified', 'RFC 1122 section 3.2.1.3'),
  v4('10.0.0.0/8', 'private', 'RFC 1918'),
  v4('100.64.0.0/10', 'shared', 'RFC 6598'),
  v4('100.100.100.200/32', 'metadata', 'Alibaba Cloud'),
  v4('127.0.0.0/8', 'loopback', 'RFC 1122 section 3.2.1.3'),
  v4('168.63.129.16/32', 'metadata', 'Azure WireServer'),
  v4('169.254.0.0/16', 'link-local', 'RFC 3927'),
  v4('169.254.169.254/32', 'metadata', 'AWS, GCP, Azure and others'),
  v4('169.254.170.2/32', 'metadata', 'AWS ECS task credentials'),
  v4('169.254.170.23/32', 'metadata', 'AWS EKS pod identity'),
  v4('172.16.0.0/12', 'private', 'RFC 1918'),
  v4('192.0.0.0/24', 'special', 'RFC 6890'),
  v4('192.0.0.192/32', 'metadata', 'Oracle Cloud'),
  v4('192.0.2.0/24', 'documentation', 'RFC 5737'),
  v4('192.31.196.0/24', 'special', 'RFC 7535'),
  v4('192.52.193.0/24', 'special', 'RFC 7450'),
  v4('192.88.99.0/24', 'special', 'RFC 7526'),
  v4('192.168.0.0/16', 'private', 'RFC 1918'),
  v4('192.175.48.0/24', 'special', 'RFC 7534'),
  v4('198.18.0.0/15', 'benchmarking', 'RFC 2544'),
  v4('198.51.100.0/24', 'documentation', 'RFC 5737'),
  v4('203.0.113.0/24', 'documentation', 'RFC 5737'),
  v4('224.0.0.0/4', 'multicast', 'RFC 5771'),
  v4('240.0.0.0/4', 'reserved', 'RFC 1112 section 4'),
  v4('255.255.255.255/32', 'broadcast', 'RFC 919'),

  v6('::/0', 'reserved', 'RFC 4291 section 2.4'),
  v6('2000::/3', 'public', 'RFC 3587'),
  v6('::/128', 'unspecified', 'RFC 4291 section 2.5.2'),
  v6('::1/128', 'loopback', 'RFC 4291 section 2.5.3'),
  embeds('::/96', 'RFC 4291 section 2.5.5.1', 12),
  embeds('::ffff:0:0/96', 'RFC 4291 section 2.5.5.2', 12),
  embeds('::ffff:0:0:0/96', 'RFC 2765 section 2.1', 12),
  embeds('64:ff9b::/96', 'RFC 6052 section 2.1', 12),
  embeds('64:ff9b:1::/48', 'RFC 8215', 12),
  embeds('2002::/16', 'RFC 3056', 2),
  embeds('2001::/32', 'RFC 4380 section 4', 12, true),
  v6('100::/64', 'special', 'RFC 6666'),
  v6('100:0:0:1::/64', 'special', 'RFC 9780'),
  v6('2001::/23', 'special', 'RFC 2928'),
  v6('2001:2::/48', 'benchmarking', 'RFC 5180'),
  v6('2001:db8::/32', 'documentation', 'RFC 3849'),
  v6('2620:4f:8000::/48', 'special', 'RFC 7534'),
  v6('3ffe::/16', 'reserved', 'RFC 3701'),
  v6('3fff::/20', 'documentation', 'RFC 9637'),
  v6('5f00::/16', 'special', 'RFC 9602'),
  v6('fc00::/7', 'private', 'RFC 4193'),
  v6('fd00:42::42/128', 'metadata', 'Scaleway'),
  v6('fd00:ec2::23/128', 'metadata', 'AWS EKS pod identity'),
  v6('fd00:ec2::254/128', 'metadata', 'AWS'),
  v6('fd20:ce::254/128', 'metadata', 'GCP'),
  v6('fe80::/10', 'link-local', 'RFC 4291 section 2.5.6'),
  v6('fe80::a9fe:a9fe/128', 'metadata', 'OpenStack'),
  v6('fec0::/10', 'reserved', 'RFC 3879'),
  v6('ff00::/8', 'multicast', 'RFC 4291 section 2.7'),
];
