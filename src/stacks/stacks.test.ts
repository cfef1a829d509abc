// Stacks as people publish them, cases/stacks/*: a Compose file, the files beside it, and all that
// is found in it. WRITE_CASES=1 rewrites what is found; read the difference before you commit it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { foundFindings } from '../cli/found-stack.ts';
import { wholeFinding } from '../testing/findings.ts';
import { checkout } from '../testing/source-tree.ts';
import { readComposeFile } from './compose-file.ts';
import { checkStack, stackChecks } from './index.ts';

const folder = new URL('../../cases/stacks/', import.meta.url);
const stacks = readdirSync(folder).sort();
const expectedIn = (stack: string) =>
  readFileSync(new URL(`${stack}/findings.txt`, folder), 'utf8');

for (const stack of stacks) {
  test(`the stack ${stack.replaceAll('-', ' ')}`, async () => {
    const path = new URL(`${stack}/`, folder).pathname;
    const { findings } = await foundFindings(`${path}compose.yaml`, null);
    const lines = findings.length === 0 ? ['nothing'] : findings.map(wholeFinding);
    const found = `${lines.join('\n').replaceAll(path, '')}\n`;
    if (process.env.WRITE_CASES === '1') writeFileSync(`${path}findings.txt`, found);
    assert.equal(found, expectedIn(stack));
  });
}

/** What is known of published stacks, each with a stack that has it and what must be said of it. */
const weaknesses: readonly (readonly [weakness: string, stack: string, said: RegExp])[] = [
  ['a Docker proxy that can run no command', 'as-many-are-published', /EXEC=1 does nothing/],
  ['a Docker proxy that reads every container', 'as-many-are-published', /CONTAINERS=1/],
  ['one flat network for all', 'as-many-are-published', /stack-flat openclaw-net/],
  ['the Docker API in reach of all', 'as-many-are-published', /stack-docker-reach docker-proxy/],
  ['a store without a password', 'as-many-are-published', /stack-tokens redis/],
  ["the provider's key with the agent", 'as-many-are-published', /stack-keys openclaw.*ANTHROPIC/],
  ['wildcards over a cloud', 'as-many-are-published', /stack-egress-hosts .*\*\.googleapis\.com/],
  ['no rule for ports, plain HTTP', 'as-many-are-published', /stack-egress-ports egress/],
  ['others on the network that leads out', 'as-many-are-published', /stack-way-out caddy/],
  ['ports past the firewall', 'as-many-are-published', /stack-ports caddy/],
  ['metrics in clear', 'as-many-are-published', /stack-scrape prometheus/],
  ['a verification that cannot fail', 'as-many-are-published', /stack-checks verify/],
  ['an agent with a known way in', 'as-many-are-published', /stack-images openclaw.*CVE/],
  ['a workspace that the daemon has not', 'as-many-are-published', /stack-sandbox-mounts/],
  ['a flat bridge', 'flat-bridge', /stack-way-out openclaw/],
  ['a password that nothing reads', 'flat-bridge', /stack-tokens redis/],
  ['a database that trusts', 'flat-bridge', /stack-tokens postgres/],
  ['a proxy by environment only', 'proxy-by-environment-only', /past the proxy that its env/],
  ['a suffix without its dot', 'proxy-by-environment-only', /evilapi\.anthropic\.com/],
  ['a part of a name', 'proxy-by-environment-only', /evilopenai\.com/],
  ['judging by Host', 'proxy-by-environment-only', /stack-egress-names/],
  ['certificates that nobody looks at', 'proxy-by-environment-only', /stack-egress-tls/],
  ['an administration socket for all', 'proxy-by-environment-only', /stack-egress-steered/],
  ['a published proxy', 'proxy-by-environment-only', /stack-ports gatekeeper/],
  ['a socket proxy with POST on', 'socket-proxy-with-post', /stack-docker-rights docker: .*POST=1/],
  ['a socket proxy that judges paths', 'socket-proxy-with-post', /stack-docker-rights paths/],
  ['a key in a file of variables', 'key-in-the-environment', /stack-keys openclaw/],
  ["others' secrets with the agent", 'key-in-the-environment', /LITELLM_MASTER_KEY, TUNNEL/],
  ['a secret in the file', 'key-in-the-environment', /stack-secret-in-file .*SLACK_TOKEN/],
  ['a secret as an argument', 'key-in-the-environment', /stack-secret-in-file .*argument/],
  ['a model proxy with a known way in', 'key-in-the-environment', /CVE-2026-42208/],
  ['docker.sock with the agent', 'agent-with-docker-sock', /stack-docker-socket bot/],
  ['docker.sock with what updates', 'agent-with-docker-sock', /stack-docker-socket watchtower/],
  ["the host's files", 'agent-with-docker-sock', /stack-mounts bot: .* \/$/m],
  ['the keys of a home', 'agent-with-docker-sock', /stack-mounts bot: .*\.ssh/],
  ['an image without a version', 'agent-with-docker-sock', /stack-images watchtower/],
  ['an agent that nobody named', 'agent-with-docker-sock', /stack-not-read/],
  ["the host's network", 'host-network', /stack-rights openclaw: .*the host's network/],
  ["the host's network by another's", 'host-network', /stack-way-out sidecar/],
  ['every right', 'host-network', /privileged/],
  ["the host's processes", 'host-network', /pid namespace/],
  ['no filter of system calls', 'host-network', /seccomp:unconfined/],
  ['capabilities', 'host-network', /NET_ADMIN, SYS_PTRACE\n/],
  ['devices', 'host-network', /\/dev\/kvm/],
  ['the host by name', 'host-network', /stack-host-reach sidecar/],
  ['no sign-in at the agent', 'host-network', /stack-tokens openclaw: .*no token/],
  ['no limits', 'host-network', /stack-limits openclaw/],
  ['rights that are kept', 'host-network', /stack-rights openclaw: .*cap_drop/],
  ['a gateway on the world', 'gateway-on-the-world', /stack-ports openclaw.*18789/],
  ['a page without pairing', 'gateway-on-the-world', /stack-tokens openclaw: .*allowInsecureAuth/],
  ['a health that cannot fail', 'gateway-on-the-world', /stack-checks openclaw/],
  ['a dashboard without a name', 'dashboards-without-a-token', /stack-tokens grafana/],
  ['a known password', 'dashboards-without-a-token', /stack-tokens second-grafana/],
  ['a dashboard without a sign-in', 'dashboards-without-a-token', /stack-tokens prometheus/],
  ["a reverse proxy's own page", 'dashboards-without-a-token', /stack-tokens traefik/],
  ['a model proxy without a key', 'dashboards-without-a-token', /stack-tokens litellm/],
  ['no budget', 'dashboards-without-a-token', /stack-budget litellm/],
  ['names asked of a stranger', 'dashboards-without-a-token', /stack-names openclaw/],
  ['a pattern without its ends', 'suffix-that-is-too-wide', /squid allows api\\\.openai/],
  ['a list of patterns', 'suffix-that-is-too-wide', /tiny allows openrouter\.ai/],
  ['a list that allows by default', 'suffix-that-is-too-wide', /stack-egress-policy tiny/],
  ['a wildcard in a list', 'suffix-that-is-too-wide', /squid allows \.googleapis\.com/],
  ['a proxy, and a way past it', 'proxy-and-a-way-past-it', /stack-way-out .*network updates/],
  ['a policy that only reports', 'proxy-and-a-way-past-it', /stack-egress-policy smokescreen/],
  ['names filtered, addresses not', 'names-alone-are-filtered', /stack-way-out openclaw/],
  ['what stands elsewhere', 'names-alone-are-filtered', /what it includes was not read/],
  ['variables that are not there', 'names-alone-are-filtered', /missing\.env was not read/],
  ['a network of others', 'names-alone-are-filtered', /stack-not-read shared/],
  ['old resolvers of Docker', 'socket-proxy-with-post', /stack-names openclaw/],
  ['the host on an inner network', 'socket-proxy-with-post', /stack-host-reach inside/],
  ['a right in what is extended', 'weaknesses-in-other-files', /^base.yaml:4:5: .*privileged/m],
  ['a socket in what is extended', 'weaknesses-in-other-files', /base.yaml.* stack-docker-socket/],
  ['a key in its file of variables', 'weaknesses-in-other-files', /keys.env.* stack-keys openclaw/],
  ['a port in what overrides', 'weaknesses-in-other-files', /override.yaml.* stack-ports openclaw/],
  ['a way out that two files make', 'weaknesses-in-other-files', /stack-way-out openclaw/],
  [
    'a proxy that is included',
    'weaknesses-in-other-files',
    /proxy\/squid.conf.* stack-egress-hosts/,
  ],
  ['rules that were not found', 'rules-that-nobody-sees', /stack-egress-policy egress: what/],
  ['a Docker proxy that says nothing', 'rules-that-nobody-sees', /stack-docker-rights sockets/],
];

test('every weakness of published stacks is found where it is', () => {
  const missing = weaknesses.filter(([, stack, said]) => !said.test(expectedIn(stack)));
  assert.deepEqual(missing, []);
});

test('every invariant of found stacks is broken by one of them, and one breaks none', () => {
  const all = stacks.map(expectedIn);
  const silent = stackChecks.filter(({ id }) => !all.some((text) => text.includes(` ${id} `)));
  assert.deepEqual(
    silent.map(({ id }) => id),
    [],
  );
  assert.equal(expectedIn('well-kept'), 'nothing\n');
});

/** What clincher itself writes for Docker, read as anybody's. */
function ownFindings(name: string): readonly string[] {
  const [, text = ''] = readFileSync(`${checkout}/cases/compose/${name}.case`, 'utf8').split(
    `\n${'-'.repeat(10)}\n`,
  );
  const stack = readComposeFile(text, 'compose.yaml', new Map());
  return checkStack(stack, 'gateway').map(
    ({ severity, id, about }) => `${severity} ${id} ${about}`,
  );
}

test('of a stack of clincher nothing is found but the door of the ingress', () => {
  assert.deepEqual(ownFindings('sealed'), ['warning stack-way-out ingress']);
  assert.deepEqual(ownFindings('segmented'), ['warning stack-way-out ingress']);
});

test('of the reference preset it is found what its two shared networks open', () => {
  const fatal = ownFindings('reference').filter((line) => line.startsWith('fatal'));
  assert.deepEqual(fatal, [
    'fatal stack-docker-reach docker-proxy',
    'fatal stack-tokens redis',
    'fatal stack-flat openclaw-net',
    'fatal stack-flat proxy-net',
    'fatal stack-way-out gateway',
  ]);
});
