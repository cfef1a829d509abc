// Calls that no sandbox needs, and ways of writing those that one does so that a filter and the
// daemon read two different paths. None does harm where it is let through: what they name there is
// not.

import type { Reason } from '../../../policy/reasons.ts';

export interface CallAttack {
  readonly trick: string;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders?: readonly string[];
  /** What a caller who may have sandboxes is told. */
  readonly status: number;
  readonly reason: Reason;
  /** Over a wire it is not even HTTP: refused before it is a call. */
  readonly isNoHttp?: true;
}

/** What there is not: a proxy that lets one of these through has harmed nobody. */
const nothing = 'clincher-nothing';
/** RFC 6761: a registry that no resolver knows. */
const nowhere = 'clincher.invalid/nothing';
const noFilter = `filters=${encodeURIComponent(JSON.stringify({ label: [nothing] }))}`;

/** `own` is a container of the caller, `other` one that is not. */
export function callAttacks(own: string, other: string): readonly CallAttack[] {
  return [...forbiddenCalls(own, other), ...hiddenCalls(own)];
}

/** Calls that a sandbox's caller has no use for, and more in those that it has. */
export function forbiddenCalls(own: string, other: string): readonly CallAttack[] {
  return [
    ...rows('docker-call-denied', others(other)),
    ...rows('docker-field-refused', listsOf(other)),
    ...rows('docker-call-denied', tooMuch(own)),
    ...rows('docker-field-refused', moreOf(own)),
    ...rows('docker-name-refused', names()),
    ...rows('docker-call-denied', images()),
    ...rows('docker-call-denied', rest()),
  ];
}

/** Ways of writing a call so that a filter and the daemon read two different ones. */
export function hiddenCalls(own: string): readonly CallAttack[] {
  return [
    ...rows('docker-path-unclear', paths(own)),
    ...noHttpEither(rows('docker-path-unclear', noHttp())),
    ...rows('docker-call-denied', otherPaths()),
    ...rows('docker-query-unclear', queries(own)),
    ...upgrades(own),
  ];
}

type Row = readonly [trick: string, method: string, target: string];

const statuses: Partial<Record<Reason, number>> = {
  'docker-call-denied': 403,
  'docker-field-refused': 403,
  'docker-name-refused': 403,
  'docker-not-found': 404,
};

function rows(reason: Reason, list: readonly Row[]): readonly CallAttack[] {
  const status = statuses[reason] ?? 400;
  return list.map(([trick, method, target]) => ({ trick, method, target, status, reason }));
}

/** Of these the policy alone can refuse none: it is for who knows which container is whose. */
export function otherContainerCalls(other: string): readonly CallAttack[] {
  const at = `/v1.41/containers/${other}`;
  return rows('docker-not-found', [
    ["another's inspect", 'GET', `${at}/json`],
    ["another's logs", 'GET', `${at}/logs?stdout=1`],
    ["another's streams", 'POST', `${at}/attach?stream=1&stdout=1`],
    ["another's commands", 'POST', `${at}/exec`],
    ["another's end", 'POST', `${at}/stop`],
    ["another's kill", 'POST', `${at}/kill`],
    ["another's start", 'POST', `${at}/start`],
    ["another's restart", 'POST', `${at}/restart`],
    ["another's wait", 'POST', `${at}/wait`],
    ["another's removal", 'DELETE', `${at}?force=1`],
    ["another's terminal", 'POST', `${at}/resize?h=1&w=1`],
  ]);
}

function others(other: string): readonly Row[] {
  const at = `/v1.41/containers/${other}`;
  return [
    ['the files of another', 'GET', `${at}/archive?path=/etc/shadow`],
    ['whether another has a file', 'HEAD', `${at}/archive?path=/root/.ssh`],
    ['everything of another', 'GET', `${at}/export`],
    ['what another changed', 'GET', `${at}/changes`],
    ['the processes of another', 'GET', `${at}/top`],
    ['the figures of another', 'GET', `${at}/stats`],
    ['a WebSocket into another', 'GET', `${at}/attach/ws?stream=1&stdin=1`],
    ['events of everybody', 'GET', '/v1.41/events'],
    ['all containers that have stopped', 'POST', `/v1.41/containers/prune?${noFilter}`],
  ];
}

function listsOf(other: string): readonly Row[] {
  return [
    ['a list by what came before another', 'GET', filtered('before', other)],
    ['a list by what came since another', 'GET', filtered('since', other)],
    ['a list by an image', 'GET', filtered('ancestor', 'other')],
    ['a list by a volume', 'GET', filtered('volume', 'other')],
    ['a list by a network', 'GET', filtered('network', 'other')],
  ];
}

function filtered(name: string, value: string): string {
  const filters = JSON.stringify({ [name]: [value] });
  return `/v1.41/containers/json?filters=${encodeURIComponent(filters)}`;
}

function tooMuch(own: string): readonly Row[] {
  const at = `/v1.41/containers/${own}`;
  return [
    ['new limits for one that runs', 'POST', `${at}/update`],
    ['another name', 'POST', `${at}/rename?name=other`],
    ['files into one that runs', 'PUT', `${at}/archive?path=/`],
    ['a pause', 'POST', `${at}/pause`],
  ];
}

function moreOf(own: string): readonly Row[] {
  const at = `/v1.41/containers/${own}`;
  return [
    ['a link in the place of a removal', 'DELETE', `${at}?link=1`],
    ['a signal that is none', 'POST', `${at}/kill?signal=9%3Bid`],
  ];
}

function names(): readonly Row[] {
  return [
    ['a name that is not for sandboxes', 'POST', '/v1.41/containers/create?name=gateway'],
    ['a name with a slash', 'POST', '/v1.41/containers/create?name=%2Fopenclaw-sbx-x'],
  ];
}

function images(): readonly Row[] {
  const at = '/v1.41/images';
  return [
    ['a pull', 'POST', `${at}/create?fromImage=${nowhere}&tag=latest`],
    ['an import', 'POST', `${at}/create?fromSrc=-&repo=${nothing}`],
    ['a tag that is moved', 'POST', `${at}/${nothing}/tag?repo=sandbox&tag=1`],
    ['a push', 'POST', `${at}/${nothing}/push`],
    ['a load', 'POST', `${at}/load`],
    ['a save', 'GET', `${at}/${nothing}/get`],
    ['several saved', 'GET', `${at}/get?names=${nothing}`],
    ['a removal', 'DELETE', `${at}/${nothing}?force=1`],
    ['a build', 'POST', '/v1.41/build'],
    ['a build from elsewhere', 'POST', '/v1.41/build?remote=http%3A%2F%2F192.0.2.1%2F'],
    ['a commit', 'POST', `/v1.41/commit?container=${nothing}&repo=sandbox`],
    ['a search', 'GET', `${at}/search?term=${nowhere}`],
    ['all images', 'GET', `${at}/json`],
    ['images that nobody uses', 'POST', `${at}/prune?${noFilter}`],
    ['the registry', 'GET', `/v1.41/distribution/${nowhere}/json`],
  ];
}

function rest(): readonly Row[] {
  const calls: readonly (readonly [string, string])[] = [
    ['GET', '/info'],
    ['GET', '/system/df'],
    ['POST', '/auth'],
    ['GET', '/volumes'],
    ['POST', '/volumes/create'],
    ['DELETE', `/volumes/${nothing}`],
    ['GET', '/networks'],
    ['POST', '/networks/create'],
    ['POST', `/networks/${nothing}/connect`],
    ['GET', '/plugins'],
    ['POST', `/plugins/pull?remote=${nowhere}`],
    ['POST', `/plugins/${nothing}/enable`],
    ['POST', '/swarm/init'],
    ['POST', '/swarm/join'],
    ['GET', '/swarm/unlockkey'],
    ['GET', '/secrets'],
    ['POST', '/secrets/create'],
    ['GET', '/configs'],
    ['POST', '/services/create'],
    ['GET', '/services'],
    ['GET', '/nodes'],
    ['GET', '/tasks'],
    ['POST', '/session'],
    ['POST', '/grpc'],
    ['POST', `/build/prune?${noFilter}`],
    ['GET', '/debug/pprof/heap'],
    ['GET', '/metrics'],
    ['GET', '/libpod/containers/json'],
    ['GET', '/nothing'],
    ['GET', '/constructor'],
    ['TRACE', '/_ping'],
    ['OPTIONS', '/containers/json'],
    ['PATCH', '/containers/json'],
    ['post', '/containers/create'],
    ['PROPFIND', '/_ping'],
  ];
  return calls.map(([method, path]) => [`${method} ${path}`, method, `/v1.41${path}`]);
}

/** Each is a call that would be allowed, or one that would not, in a writing that hides it. */
function paths(own: string): readonly Row[] {
  const at = `/v1.41/containers/${own}/json`;
  return asked([
    ['an encoded letter', at.replace('json', '%6ason')],
    ['an encoding in small letters', at.replace('json', '%6Ason')],
    ['an encoding of an encoding', at.replace('json', '%256ason')],
    ['an encoded slash', at.replace('/json', '%2Fjson')],
    ['an encoded slash before another call', `/_ping%2f..%2fcontainers%2fjson`],
    ['a way up', `/_ping/../v1.41/containers/json`],
    ['an encoded way up', '/_ping/%2e%2e/containers/json'],
    ['a single dot', '/v1.41/./containers/json'],
    ['a double slash', '/v1.41//containers/json'],
    ['a double slash at the beginning', '//v1.41/containers/json'],
    ['a slash at the end', '/v1.41/containers/json/'],
    ['a backslash', '/v1.41\\containers\\json'],
    ['another host', 'http://docker/v1.41/containers/json'],
    ['another host without its scheme', '//docker/containers/json'],
    ['an authority', 'docker:2375'],
    ['the asterisk', '*'],
    ['a fragment', '/v1.41/containers/json#/_ping'],
    ['a parameter of the path', '/v1.41/containers;x=1/json'],
    ['a nought at the end', '/v1.41/containers/json%00'],
    ['a line feed', '/v1.41/containers/json%0a'],
    ['a plus sign', '/v1.41/containers/a+b/json'],
    ['a space', '/v1.41/containers/json%20'],
    ['a version with a sign', '/v+1.41/containers/json'],
    ['a long version', `/v1.${'4'.repeat(400)}/containers/json`],
    ['more parts than there are', `/v1.41/containers${'/a'.repeat(40)}/json`],
    ['a long path', `/v1.41/containers/${'a'.repeat(20_000)}/json`],
  ]);
}

function noHttp(): readonly Row[] {
  return asked([
    ['nothing', ''],
    ['a letter like another', '/v1.41/container\u017f/json'],
  ]);
}

function otherPaths(): readonly Row[] {
  return asked([
    ['other letters', '/v1.41/Containers/JSON'],
    ['a version below', '/v1.23/containers/json'],
    ['a version of another API', '/v2.0/containers/json'],
    ['a version with more parts', '/v1.41.0/containers/json'],
    ['a version with leading noughts', '/v1.041/containers/json'],
    ['two versions', '/v1.41/v1.41/containers/json'],
    ['a container that is a path', '/v1.41/containers/a/exec/b/json/json'],
  ]);
}

function queries(own: string): readonly Row[] {
  const at = `/v1.41/containers/${own}/json`;
  return asked([
    ['options for ps on the host', `${at.replace('json', 'top')}?ps_args=eww`],
    ['a parameter twice', `${at}?size=1&size=0`],
    ['a parameter in other letters', `${at}?Size=1`],
    ['a parameter twice in other letters', `${at}?size=0&SIZE=1`],
    ['a parameter that nobody knows', `${at}?unheard=1`],
    ['a parameter without a value', `${at}?size`],
    ['an empty query', `${at}?`],
    ['a parameter in its encoding', `${at}?%73ize=1`],
    ['a value in a needless encoding', `${at}?size=%31`],
    ['a value encoded twice', '/v1.41/containers/json?filters=%257B%257D'],
    ['a broken encoding', `${at}?size=%zz`],
    ['a value that is no UTF-8', `${at}?size=%FF`],
    ['a semicolon between parameters', `${at}?size=0;size=1`],
    ['a second question mark', `${at}?size=0?size=1`],
    ['a parameter as a list', `${at}?size[]=1`],
    ['a truth that is none', `${at}?size=maybe`],
    [
      'filters twice in one',
      '/v1.41/containers/json?filters=%7B%22label%22%3A%5B%5D%2C%22label%22%3A%5B%5D%7D',
    ],
    ['filters that are no JSON', '/v1.41/containers/json?filters=x'],
    [
      'a filter that denies',
      '/v1.41/containers/json?filters=%7B%22label%22%3A%7B%22a%22%3Afalse%7D%7D',
    ],
  ]);
}

function asked(list: readonly (readonly [trick: string, target: string])[]): readonly Row[] {
  return list.map(([trick, target]) => [trick, 'GET', target]);
}

function upgrades(own: string): readonly CallAttack[] {
  const at = `/v1.41/containers/${own}`;
  const upgrade = (protocol: string) => ['Connection', 'Upgrade', 'Upgrade', protocol];
  const attach = `${at}/attach?stream=1`;
  return [
    ...withHeaders('docker-upgrade-refused', [
      ['an upgrade of a list', 'GET', '/v1.41/containers/json', upgrade('tcp')],
      ['an upgrade of the ping', 'GET', '/_ping', upgrade('tcp')],
      ['an upgrade to HTTP/2', 'POST', attach, upgrade('h2c')],
      ['an upgrade to a WebSocket', 'POST', attach, upgrade('websocket')],
      ['an upgrade of a stop', 'POST', `${at}/stop`, upgrade('tcp')],
    ]),
    ...withHeaders('docker-body-refused', [
      ['a body on a question', 'GET', `${at}/json`, ['Content-Length', '3']],
      ['a body in pieces on a question', 'GET', `${at}/json`, ['Transfer-Encoding', 'chunked']],
    ]),
    ...noHttpEither(
      withHeaders('docker-upgrade-refused', [
        ['two upgrades', 'POST', attach, [...upgrade('tcp'), 'Upgrade', 'h2c']],
      ]),
    ),
    ...noHttpEither(
      withHeaders('docker-body-refused', [
        ['a length of two', 'GET', `${at}/json`, ['Content-Length', '0', 'content-length', '5']],
      ]),
    ),
  ];
}

type HeaderRow = readonly [...Row, rawHeaders: readonly string[]];

function withHeaders(reason: Reason, list: readonly HeaderRow[]): readonly CallAttack[] {
  return list.map(([trick, method, target, rawHeaders]) => ({
    ...{ trick, method, target, rawHeaders, status: 400, reason },
  }));
}

function noHttpEither(calls: readonly CallAttack[]): readonly CallAttack[] {
  return calls.map((call) => ({ ...call, isNoHttp: true }));
}
