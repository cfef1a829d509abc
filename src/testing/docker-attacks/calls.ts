// Calls that no sandbox needs, and ways of writing those that one does so that a filter and the
// daemon read two different paths.

import type { AttackClass, CallAttack } from './model.ts';

/** `own` is a container of the caller, `other` one that is not. */
export function callAttacks(own: string, other: string): readonly CallAttack[] {
  return [
    ...rows('another container', others(other)),
    ...rows('more rights', tooMuch(own)),
    ...rows('images', images()),
    ...rows('the rest of the API', rest()),
    ...rows('paths', paths(own)),
    ...upgrades(own),
  ];
}

type Row = readonly [trick: string, method: string, target: string];

function rows(attackClass: AttackClass, list: readonly Row[]): readonly CallAttack[] {
  return list.map(([trick, method, target]) => ({ trick, class: attackClass, method, target }));
}

/** Of these the policy alone can refuse none: it is for who knows which container is whose. */
export function otherContainerCalls(other: string): readonly CallAttack[] {
  const at = `/v1.41/containers/${other}`;
  return rows('another container', [
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
    ['a list by what came before another', 'GET', filtered('before', other)],
    ['a list by what came since another', 'GET', filtered('since', other)],
    ['a list by an image', 'GET', filtered('ancestor', 'other')],
    ['a list by a volume', 'GET', filtered('volume', 'other')],
    ['a list by a network', 'GET', filtered('network', 'other')],
    ['events of everybody', 'GET', '/v1.41/events'],
    ['all containers that have stopped', 'POST', '/v1.41/containers/prune'],
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
    ['a link in the place of a removal', 'DELETE', `${at}?link=1`],
    ['options for ps on the host', 'GET', `${at}/top?ps_args=eww`],
    ['a name that is not for sandboxes', 'POST', '/v1.41/containers/create?name=gateway'],
    ['a name with a slash', 'POST', '/v1.41/containers/create?name=%2Fopenclaw-sbx-x'],
    ['a signal that is none', 'POST', `${at}/kill?signal=9%3Bid`],
  ];
}

function images(): readonly Row[] {
  const at = '/v1.41/images';
  return [
    ['a pull', 'POST', `${at}/create?fromImage=busybox&tag=latest`],
    ['an import', 'POST', `${at}/create?fromSrc=-&repo=sandbox`],
    ['a tag that is moved', 'POST', `${at}/other/tag?repo=sandbox&tag=1`],
    ['a push', 'POST', `${at}/sandbox/push`],
    ['a load', 'POST', `${at}/load`],
    ['a save', 'GET', `${at}/sandbox/get`],
    ['several saved', 'GET', `${at}/get?names=sandbox`],
    ['a removal', 'DELETE', `${at}/sandbox?force=1`],
    ['a build', 'POST', '/v1.41/build'],
    ['a build from elsewhere', 'POST', '/v1.41/build?remote=http%3A%2F%2F192.0.2.1%2F'],
    ['a commit', 'POST', '/v1.41/commit?container=x&repo=sandbox'],
    ['a search', 'GET', `${at}/search?term=x`],
    ['all images', 'GET', `${at}/json`],
    ['images that nobody uses', 'POST', `${at}/prune`],
    ['the registry', 'GET', '/v1.41/distribution/sandbox/json'],
  ];
}

function rest(): readonly Row[] {
  const calls: readonly (readonly [string, string])[] = [
    ['GET', '/info'],
    ['GET', '/system/df'],
    ['POST', '/auth'],
    ['GET', '/volumes'],
    ['POST', '/volumes/create'],
    ['DELETE', '/volumes/x'],
    ['GET', '/networks'],
    ['POST', '/networks/create'],
    ['POST', '/networks/x/connect'],
    ['GET', '/plugins'],
    ['POST', '/plugins/pull?remote=x'],
    ['POST', '/plugins/x/enable'],
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
    ['POST', '/build/prune'],
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
  const get: readonly (readonly [trick: string, target: string])[] = [
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
    ['nothing', ''],
    ['a fragment', '/v1.41/containers/json#/_ping'],
    ['a parameter of the path', '/v1.41/containers;x=1/json'],
    ['a nought at the end', '/v1.41/containers/json%00'],
    ['a line feed', '/v1.41/containers/json%0a'],
    ['a plus sign', '/v1.41/containers/a+b/json'],
    ['a space', '/v1.41/containers/json%20'],
    ['other letters', '/v1.41/Containers/JSON'],
    ['a letter like another', '/v1.41/container\u017f/json'],
    ['a version below', '/v1.23/containers/json'],
    ['a version of another API', '/v2.0/containers/json'],
    ['a version with more parts', '/v1.41.0/containers/json'],
    ['a version with a sign', '/v+1.41/containers/json'],
    ['a version with leading noughts', '/v1.041/containers/json'],
    ['two versions', '/v1.41/v1.41/containers/json'],
    ['a long version', `/v1.${'4'.repeat(400)}/containers/json`],
    ['more parts than there are', `/v1.41/containers${'/a'.repeat(40)}/json`],
    ['a container that is a path', '/v1.41/containers/a/exec/b/json/json'],
    ['a long path', `/v1.41/containers/${'a'.repeat(20_000)}/json`],
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
  ];
  return get.map(([trick, target]) => [trick, 'GET', target]);
}

function upgrades(own: string): readonly CallAttack[] {
  const at = `/v1.41/containers/${own}`;
  const upgrade = (protocol: string) => ['Connection', 'Upgrade', 'Upgrade', protocol];
  const attacks: readonly (readonly [string, string, string, readonly string[]])[] = [
    ['an upgrade of a list', 'GET', '/v1.41/containers/json', upgrade('tcp')],
    ['an upgrade of the ping', 'GET', '/_ping', upgrade('tcp')],
    ['an upgrade to HTTP/2', 'POST', `${at}/attach?stream=1`, upgrade('h2c')],
    ['an upgrade to a WebSocket', 'POST', `${at}/attach?stream=1`, upgrade('websocket')],
    ['two upgrades', 'POST', `${at}/attach?stream=1`, [...upgrade('tcp'), 'Upgrade', 'h2c']],
    ['an upgrade of a stop', 'POST', `${at}/stop`, upgrade('tcp')],
    ['a body on a question', 'GET', `${at}/json`, ['Content-Length', '3']],
    ['a body in pieces on a question', 'GET', `${at}/json`, ['Transfer-Encoding', 'chunked']],
    ['a length of two', 'GET', `${at}/json`, ['Content-Length', '0', 'content-length', '5']],
  ];
  return attacks.map(([trick, method, target, rawHeaders]) => ({
    trick,
    class: 'the wire',
    method,
    target,
    rawHeaders,
  }));
}
