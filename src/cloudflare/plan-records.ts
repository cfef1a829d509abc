// The changes to the host's DNS records and its tunnel. Ours are told by their comment; what else
// has the host's name is the user's, and is not replaced without being asked.

import { ClincherError } from '../kit/error.ts';
import {
  type Call,
  type Change,
  type DnsRecord,
  mark,
  type Observed,
  type RecordType,
  type Step,
  textAt,
  type Wanted,
} from './model.ts';

interface WantedRecord {
  readonly type: RecordType;
  readonly content: string;
}

/** @throws ClincherError `cloudflare-conflict` where a record of somebody else's is in the way */
export function recordChanges(wanted: Wanted, observed: Observed): Change[] {
  const { way, host } = wanted;
  if (!('tunnel' in way)) {
    return changesTo(host, observed, way.addresses.map(addressRecord));
  }
  const { tunnel } = observed;
  if (tunnel !== null) {
    if (!tunnel.local) throw managedElsewhere(way.tunnel);
    return changesTo(host, observed, [tunnelRecord(tunnel.id)]);
  }
  return [newTunnel(wanted, way.tunnel, observed)];
}

function addressRecord(address: string): WantedRecord {
  return { type: address.includes(':') ? 'AAAA' : 'A', content: address };
}

function tunnelRecord(id: string): WantedRecord {
  return { type: 'CNAME', content: `${id}.cfargotunnel.com` };
}

function changesTo(host: string, observed: Observed, wanted: readonly WantedRecord[]): Change[] {
  const isThere = ({ type, content }: WantedRecord) =>
    observed.records.some((one) => one.type === type && one.content === content && one.proxied);
  const isWanted = ({ type, content, proxied }: DnsRecord) =>
    proxied && wanted.some((one) => one.type === type && one.content === content);
  const missing = wanted.filter((one) => !isThere(one));
  const rest = observed.records.filter((one) => !isWanted(one));
  const foreign = rest.find((one) => !one.ours);
  if (foreign !== undefined) throw inTheWay(host, foreign);
  const path = `/zones/${observed.zone.id}/dns_records`;
  const isSame = (to: WantedRecord) => (one: DnsRecord) =>
    one.type === to.type && one.content === to.content;
  const changes: Change[] = [];
  // One is written over another where it can be: the name is never without an answer. What says
  // the same but is not proxied comes first, because the API takes no record twice.
  for (const to of missing.sort(
    (a, b) => Number(rest.some(isSame(b))) - Number(rest.some(isSame(a))),
  )) {
    const same = rest.findIndex(isSame(to));
    const [from = null] = rest.splice(Math.max(0, same), 1);
    changes.push(recordChange(host, path, from, to));
  }
  // The rest goes first: a CNAME stands beside nothing.
  return [...rest.map((from) => recordChange(host, path, from, null)), ...changes];
}

function recordChange(
  host: string,
  path: string,
  from: DnsRecord | null,
  to: WantedRecord | null,
): Change {
  return {
    what: `DNS record ${host}`,
    from: from === null ? null : recordText(from),
    to: to === null ? null : recordText({ ...to, proxied: true }),
    reach: 'host',
    steps: [
      recordStep(path, from, to === null ? null : bodyOf(host, { ...to, proxied: true }), host),
    ],
  };
}

function recordStep(path: string, from: DnsRecord | null, to: unknown, host: string): Step {
  const before = from === null ? null : bodyOf(host, from);
  if (from === null) {
    return {
      call: () => ({ method: 'POST', path, body: to }),
      keep: (result) => ({ record: textAt(result, 'id') }),
      undo: ({ record = '' }) => ({ method: 'DELETE', path: `${path}/${record}` }),
    };
  }
  const one = `${path}/${from.id}`;
  if (to === null) {
    return {
      call: () => ({ method: 'DELETE', path: one }),
      undo: () => ({ method: 'POST', path, body: before }),
    };
  }
  return {
    call: () => ({ method: 'PUT', path: one, body: to }),
    undo: () => ({ method: 'PUT', path: one, body: before }),
  };
}

/** A TTL of 1 is the API's word for automatic, the only one that a proxied record has. */
function bodyOf(host: string, { type, content, proxied }: WantedRecord & { proxied: boolean }) {
  return { type, name: host, content, proxied, ttl: 1, comment: mark };
}

function recordText({ type, content, proxied }: WantedRecord & { proxied: boolean }): string {
  return `${type} ${content}${proxied ? ', proxied' : ', not proxied'}`;
}

/**
 * A tunnel that is configured on this machine: one that is configured at Cloudflare could be led
 * to any address that its program reaches, by whoever holds the account.
 */
function newTunnel({ host, tunnelSecret }: Wanted, name: string, observed: Observed): Change {
  const tunnels = `/accounts/${observed.account}/cfd_tunnel`;
  const path = `/zones/${observed.zone.id}/dns_records`;
  const foreign = observed.records.find((one) => !one.ours);
  if (foreign !== undefined) throw inTheWay(host, foreign);
  const make: Step = {
    call: (): Call => ({
      method: 'POST',
      path: tunnels,
      body: { name, config_src: 'local', tunnel_secret: tunnelSecret?.reveal() ?? '' },
    }),
    keep: (result) => ({ tunnel: textAt(result, 'id') }),
    undo: ({ tunnel = '' }) => ({ method: 'DELETE', path: `${tunnels}/${tunnel}` }),
  };
  const [first, ...surplus] = observed.records;
  const content = (id: string) => bodyOf(host, { ...tunnelRecord(id), proxied: true });
  return {
    what: `tunnel ${name}`,
    from: null,
    to: `a tunnel for ${host}, configured here`,
    reach: 'host',
    steps: [
      make,
      ...surplus.map((one) => recordStep(path, one, null, host)),
      leadTo(path, host, first ?? null, content),
    ],
  };
}

function leadTo(
  path: string,
  host: string,
  from: DnsRecord | null,
  content: (tunnel: string) => unknown,
): Step {
  const step = recordStep(path, from, {}, host);
  return { ...step, call: (ids) => ({ ...step.call(ids), body: content(ids.tunnel ?? '') }) };
}

function inTheWay(host: string, record: DnsRecord): ClincherError {
  return new ClincherError(
    'cloudflare-conflict',
    `${host} has a DNS record that clincher did not make: ${recordText(record)}`,
    { fix: 'Delete it in the dashboard, or give the agent a name of its own in ingress.domain.' },
  );
}

function managedElsewhere(name: string): ClincherError {
  return new ClincherError(
    'cloudflare-conflict',
    `the tunnel ${name} is configured at Cloudflare, where whoever holds the account can lead it elsewhere`,
    { fix: 'Delete it in the dashboard, or name another in ingress.cloudflare.tunnel.' },
  );
}
