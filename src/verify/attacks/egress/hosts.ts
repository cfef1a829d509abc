// Hosts that are not written in their one plain form, and hosts that are and have no rule. None of
// them may be resolved: a lookup is a message to whoever owns the name.

import type { Reason } from '../../../policy/reasons.ts';
import type { WireAttack } from '../model.ts';
import { allowedHost, connectTo } from './write.ts';

type Row = readonly [tries: string, authority: string];

function hosts(reason: Reason, status: number, rows: readonly Row[]): readonly WireAttack[] {
  return rows.map(([tries, authority]) => ({
    ...{ tries, status, reason },
    bytes: connectTo(authority),
  }));
}

const long = 'a'.repeat(63);

/** Class 5: no repair, no second spelling. */
export const spellingAttacks = hosts('host-malformed', 400, [
  ['end the name with a dot', `${allowedHost}.:443`],
  ['end the name with two dots', `${allowedHost}..:443`],
  ['begin the name with a dot', `.${allowedHost}:443`],
  ['double a dot', 'api..example.com:443'],
  ['be a single dot', '.:443'],
  ['write the address as one decimal number', '2130706433:443'],
  ['write it as one octal number', '017700000001:443'],
  ['write it as one hexadecimal number', '0x7f000001:443'],
  ['write it as a number that wraps', '4294967297:443'],
  ['write it with an octal part', '0177.0.0.1:443'],
  ['write it with a hexadecimal part', '0x7f.0.0.1:443'],
  ['write its last part in hexadecimal', '127.0.0.0x1:443'],
  ['write it with padded parts', '127.000.000.001:443'],
  ['write it in two parts', '127.1:443'],
  ['write it in three parts', '127.0.1:443'],
  ['write it in five parts', '127.0.0.0.1:443'],
  ['end it with a dot', '127.0.0.1.:443'],
  ['write parts that overflow', '256.256.256.256:443'],
  ['write a hexadecimal prefix and nothing', '0x:443'],
  ['write zero for this host', '0:443'],
  ['encode a dot', 'api%2eexample.com:443'],
  ['encode a letter', '%61pi.example.com:443'],
  ['encode a NUL and append another name', `${allowedHost}%00.evil.example:443`],
  ['encode a line end', `${allowedHost}%0d%0ahost:443`],
  ['use a pattern for a name', '*.wild.example.com:443'],
  ['separate a second name with a comma', `${allowedHost},evil.example:443`],
  ['separate a second name with a semicolon', `${allowedHost};evil.example:443`],
  ['start a query of a template', '{api}.example.com:443'],
  ['run a command in a shell behind', '$(id).example.com:443'],
  ['quote the name', `"${allowedHost}":443`],
  ['begin a label with a hyphen', '-api.example.com:443'],
  ['end a label with a hyphen', 'api-.example.com:443'],
  ['write a label of 64 letters', `${long}a.example.com:443`],
  ['write a name of 254 letters', `${[long, long, long, 'a'.repeat(54)].join('.')}.example:443`],
  ['write an international label that is none', 'xn--.example.com:443'],
  ['write an international label that decodes to ASCII', 'xn--api-.example.com:443'],
  ['write an international label that cannot be decoded', 'xn--99999999.example.com:443'],
  ['write an IPv6 address with a zone', '[fe80::1%lo]:443'],
  ['write an IPv6 address with an encoded zone', '[fe80::1%25lo]:443'],
  ['write a mapped address with dots', '[::ffff:127.0.0.1]:443'],
  ['write a compatible address with dots', '[::127.0.0.1]:443'],
  ['write IPv6 without shortening', '[0:0:0:0:0:0:0:1]:443'],
  ['write IPv6 with leading zeros', '[::0001]:443'],
  ['write IPv6 in capitals', '[2001:DB8::1]:443'],
  ['write IPv6 of a future version', '[v1.fe80::a]:443'],
  ['shorten IPv6 twice', '[2001::db8::1]:443'],
]);

/** Classes 2, 4 and 5: plain names and addresses that nothing declares. */
export const undeclaredHostAttacks = hosts('host-not-allowed', 403, [
  ['ask for a record that is no host', '_dmarc.example.com:443'],
  ['reach the prototype of every object', '__proto__:443'],
  ['reach the machine by its address', '127.0.0.1:443'],
  ['reach the machine by another of its addresses', '127.255.255.254:443'],
  ['reach the machine by its IPv6 address', '[::1]:443'],
  ['reach the machine as no address', '0.0.0.0:443'],
  ['reach the machine as no IPv6 address', '[::]:443'],
  ['reach the machine by a mapped address', '[::ffff:7f00:1]:443'],
  ['reach the machine by a NAT64 address', '[64:ff9b::7f00:1]:443'],
  ['reach the machine by a 6to4 address', '[2002:7f00:1::]:443'],
  ['reach the metadata service', '169.254.169.254:443'],
  ['reach the metadata service by IPv6', '[fd00:ec2::254]:443'],
  ['reach a private address', '10.0.0.1:443'],
  ['reach a public address without a name', '192.0.2.1:443'],
  ['broadcast', '255.255.255.255:443'],
  ['reach a group', '[ff02::1]:443'],
  ['reach the machine by name', 'localhost:443'],
  ['reach the machine by a longer name', 'localhost.localdomain:443'],
  ['reach the machine by the name of a distribution', 'ip6-localhost:443'],
  ['reach the metadata service by name', 'metadata.google.internal:443'],
  ['reach the host of a container by name', 'host.docker.internal:443'],
  ['reach the machine by a name that leads there', '127.0.0.1.anywhere.example:443'],
  ['have a proxy configured by whoever answers', 'wpad:443'],
  ['reach another name', 'evil.example:443'],
  ['reach a name below the allowed one', `x.${allowedHost}:443`],
  ['reach the parent of the allowed name', 'example.com:443'],
  ['reach the top of the allowed name', 'com:443'],
  ['append a name to the allowed one', `${allowedHost}.evil.example:443`],
  ['glue letters before the allowed name', `evil${allowedHost}:443`],
  ['glue letters behind the allowed name', `${allowedHost}m:443`],
  ['leave the first letter out', 'pi.example.com:443'],
  ['put a hyphen for a dot', 'api-example.com:443'],
  ['look alike in international letters', 'xn--pi-6kc.example.com:443'],
  ['look alike in ASCII', 'ap1.example.com:443'],
  ['reach the apex of a wildcard', 'wild.example.com:443'],
  ['put two labels under a wildcard', 'data.more.wild.example.com:443'],
  ['glue letters before a wildcard', 'xwild.example.com:443'],
  ['append a name to a wildcard', 'a.wild.example.com.evil.example:443'],
  ['carry data in long labels', `${long}.${long}.evil.example:443`],
  ['carry data in many labels', `${'x.'.repeat(60)}evil.example:443`],
  ['carry data below an allowed wildcard', `${long}.${long}.wild.example.com:443`],
  ['ask a resolver over HTTPS', 'dns.resolver.example:443'],
  ['ask a resolver over TLS', 'one.resolver.example:853'],
  ['ask a resolver by its address', '192.0.2.1:53'],
  ['use the name of another caller', 'chat.example.com:443'],
  ['use a name that every object has', 'constructor:443'],
  ['use a name that a list has', 'length:443'],
]);

/** Class 7: the allowed host, spoken to in another way. */
export const portAttacks = hosts('port-not-allowed', 403, [
  ['speak plain HTTP to the allowed host', `${allowedHost}:80`],
  ['speak SSH to it', `${allowedHost}:22`],
  ['send mail through it', `${allowedHost}:25`],
  ['ask it for names', `${allowedHost}:53`],
  ['ask it for names over TLS', `${allowedHost}:853`],
  ['reach its other TLS port', `${allowedHost}:8443`],
  ['reach its Docker API', `${allowedHost}:2375`],
  ['reach its highest port', `${allowedHost}:65535`],
  ['reach its lowest port', `${allowedHost}:1`],
]);

/** For a caller that may reach a wildcard. */
export const wildcardPortAttacks = hosts('port-not-allowed', 403, [
  ['reach another port below a wildcard', 'a.wild.example.com:8443'],
]);
