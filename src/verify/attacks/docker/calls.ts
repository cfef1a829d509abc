// Calls that no sandbox needs. None does harm where it is let through: what they name there is not.

import { type CallAttack, type Row, rows } from './call-attack.ts';
import { hiddenCalls } from './writings.ts';

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
