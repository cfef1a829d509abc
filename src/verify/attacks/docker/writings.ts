// Ways of writing a call so that a filter and the daemon read two different ones.

import type { Reason } from '../../../policy/reasons.ts';
import { type CallAttack, type Row, rows } from './call-attack.ts';

/** `own` is a container of the caller. */
export function hiddenCalls(own: string): readonly CallAttack[] {
  return [
    ...rows('docker-path-unclear', paths(own)),
    ...noHttpEither(rows('docker-path-unclear', noHttp())),
    ...rows('docker-call-denied', otherPaths()),
    ...rows('docker-query-unclear', queries(own)),
    ...upgrades(own),
  ];
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
