// What a command in the sandbox tries of the stack around it and of the world: the agent's own ways
// out, what the agent and clincher keep, names, addresses, and the canaries on the host.

import type { SandboxAct, SandboxAttack, SandboxTable } from '../model.ts';

/** Stand for the canaries that wait on the host for the run: two ports, a name, a file. */
export const canaryMarks = {
  tcpPort: '<canary-port>',
  tcp6Port: '<canary-port-by-ipv6>',
  token: '<canary-name>',
  file: '<canary-file>',
} as const;
const { tcpPort: port, tcp6Port: port6, token: name, file } = canaryMarks;

type Row = readonly [tries: string, does: SandboxAct, target: string];

const noWay = ['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EPERM', 'EADDRNOTAVAIL'];
const noFile = ['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENXIO'];
const noName = ['EAI_NONAME', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_SYSTEM'];

function rows(errors: readonly string[], list: readonly Row[]): readonly SandboxAttack[] {
  return list.map(([tries, does, target]) => ({ tries, does, target, errors }));
}

const stack = rows(noWay, [
  ["ask egress at the agent's port", 'dial', '127.0.0.1:4750'],
  ["ask for a model at the agent's port", 'dial', '127.0.0.1:4000'],
  ["ask Docker at the agent's port", 'dial', '127.0.0.1:2375'],
  ['call the sandbox from inside', 'dial', '127.0.0.1:2222'],
  ["open the agent's own page", 'dial', '127.0.0.1:18789'],
  ["open the ingress's port", 'dial', '127.0.0.1:8443'],
  ['open a port of the host', 'dial', `127.0.0.1:${port}`],
  ['open a port of the host by IPv6', 'dial', `::1:${port6}`],
  ['open a port of the host by its zero', 'dial', `0.0.0.0:${port}`],
  ['call a name without a file', 'abstract', name],
  ["call the bus of root's session", 'abstract', '/tmp/dbus-clincher'],
]);

const world = rows(noWay, [
  ['open an address of the internet', 'dial', '192.0.2.1:443'],
  ['open an address of the internet by IPv6', 'dial', '2001:db8::1:443'],
  ['tell it to an address by UDP', 'send', '198.51.100.1:53'],
  ['tell it to an address by IPv6 and UDP', 'send', '2001:db8::1:53'],
  ['ask what the cloud knows', 'dial', '169.254.169.254:80'],
  ['ask a resolver on this machine', 'send', '127.0.0.53:53'],
  ["ask Docker's resolver", 'send', '127.0.0.11:53'],
  ['tell it to a multicast group', 'send', '224.0.0.251:5353'],
]);

const names = rows(noName, [
  ['find the agent by its name', 'resolve', 'gateway'],
  ['find egress by its name', 'resolve', 'egress'],
  ['find the model proxy by its name', 'resolve', 'llm'],
  ['find the Docker proxy by its name', 'resolve', 'docker-proxy'],
  ['find the host by its name in containers', 'resolve', 'host.docker.internal'],
  ['tell it in a name', 'resolve', 'told-by-a-sandbox.clincher-probe.invalid'],
  ['find what the cloud knows by its name', 'resolve', 'metadata.google.internal'],
]);

const kept = rows(noFile, [
  ['read a file of the host', 'read', file],
  ["read the agent's key", 'read', '/run/clincher/secrets/agent-key'],
  ["read the key of the sandbox's door", 'read', '/run/clincher/secrets/sandbox-client-key'],
  ["read the door's own key", 'read', '/run/clincher/secrets/sandbox-host-key'],
  ["read the agent's memory", 'read', '/var/lib/clincher'],
  ["read the agent's settings", 'read', '/run/clincher/files/openclaw.json'],
  ['read what the door was told', 'read', '/run/clincher/settings.json'],
  ['read the program that made it', 'read', '/opt/clincher'],
  ['ask for another jail', 'connect', '/run/clincher/out/jails.api/sock'],
  ['ask egress at its socket', 'connect', '/run/clincher/out/egress.proxy/sock'],
  ['ask for a model at its socket', 'connect', '/run/clincher/out/llm.api/sock'],
  ['ask Docker at its socket', 'connect', '/run/clincher/out/docker-proxy.api/sock'],
  ["ask Docker's daemon", 'connect', '/var/run/docker.sock'],
]);

const maker = rows(noFile, [
  ['see who made it', 'read', '/proc/1/root/home'],
  ['write where what made it writes', 'write', '/proc/1/fd/1'],
  ['write where what made it complains', 'write', '/proc/1/fd/2'],
  ["read another's environment", 'read', '/proc/1/environ'],
]);

export const sandboxTables: readonly SandboxTable[] = [
  {
    ...{ kind: 'sandbox', class: 'sandbox-reach', attacks: [...stack, ...world, ...names] },
    property: 'A command of a tool reaches nobody.',
  },
  {
    ...{ kind: 'sandbox', class: 'sandbox-files', attacks: kept },
    property: 'A command of a tool sees nothing of the agent, and nothing of what keeps it.',
  },
  {
    ...{ kind: 'sandbox', class: 'sandbox-maker', attacks: maker, ofJails: true },
    property: 'A command of a tool sees nothing of what made its jail.',
  },
];
