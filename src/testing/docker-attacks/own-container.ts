// More than a caller may ask of the container that it runs in itself.

import type { CallAttack } from '../../verify/attacks/docker/call-attack.ts';
import type { BodyAttack } from './model.ts';

type Row = readonly [trick: string, method: string, target: string];

/** `id` and `name` are that container's. */
export function ownContainerCalls(
  id: string,
  name: string,
): readonly Pick<CallAttack, 'trick' | 'method' | 'target'>[] {
  const at = `/v1.41/containers/${id}`;
  const rows: readonly Row[] = [
    ['its name', 'GET', `/v1.41/containers/${name}/json`],
    ['its short id', 'GET', `/v1.41/containers/${id.slice(0, 12)}/json`],
    ['the beginning of its id', 'GET', `/v1.41/containers/${id.slice(0, 63)}/json`],
    ['its id in capitals', 'GET', `/v1.41/containers/${id.toUpperCase()}/json`],
    ['a command by its name', 'POST', `/v1.41/containers/${name}/exec`],
    ['a command by its short id', 'POST', `/v1.41/containers/${id.slice(0, 12)}/exec`],
    ['its size', 'GET', `${at}/json?size=1`],
    ['its logs', 'GET', `${at}/logs?stdout=1`],
    ['its streams', 'POST', `${at}/attach?stream=1&stdout=1`],
    ['its terminal', 'POST', `${at}/resize?h=1&w=1`],
    ['a wait for its end', 'POST', `${at}/wait`],
    ['its start', 'POST', `${at}/start`],
    ['its stop', 'POST', `${at}/stop`],
    ['its restart', 'POST', `${at}/restart`],
    ['its kill', 'POST', `${at}/kill`],
    ['its removal', 'DELETE', `${at}?force=1`],
    ['its processes', 'GET', `${at}/top`],
    ['its files', 'GET', `${at}/archive?path=/`],
  ];
  return rows.map(([trick, method, target]) => ({ trick, method, target }));
}

/** `probe` is what is listed; `other` a command that a sandbox may run. */
export function ownExecAttacks(probe: readonly string[], other: object): readonly BodyAttack[] {
  const [program = '', ...args] = probe;
  const rows: readonly (readonly [string, object])[] = [
    ['a command of a sandbox', other],
    ['a shell', { Cmd: ['/bin/sh', '-c', 'id'] }],
    ['the program alone', { Cmd: [program] }],
    ['one word more', { Cmd: [...probe, 'x'] }],
    ['the program from elsewhere', { Cmd: [`/proc/self/root${program}`, ...args] }],
    ['the program by its name', { Cmd: [program.slice(program.lastIndexOf('/') + 1), ...args] }],
    ['words as one', { Cmd: probe.join(' ') }],
    ['a letter more', { Cmd: [...probe.slice(0, -1), `${probe.at(-1)};`] }],
    ['no command', { Cmd: [] }],
    ['it privileged', { Cmd: probe, Privileged: true }],
    ['it as root', { Cmd: probe, User: '0' }],
    ['it as another number', { Cmd: probe, User: '1000' }],
    ['it with a variable', { Cmd: probe, Env: ['NODE_OPTIONS=--require=/workspace/x.js'] }],
    ['it with a harmless variable', { Cmd: probe, Env: ['A=b'] }],
    ['it in a folder', { Cmd: probe, WorkingDir: '/proc/self/fd/7' }],
    ['it with an input', { Cmd: probe, AttachStdin: true }],
    ['it on a terminal', { Cmd: probe, Tty: true }],
    ['it with keys to leave by', { Cmd: probe, DetachKeys: 'a' }],
    ['it in another container', { Cmd: probe, Container: 'other' }],
    ['it with a field of a create', { Cmd: probe, HostConfig: { Privileged: true } }],
  ];
  return rows.map(([trick, body]) => ({ trick, class: 'more rights', body }));
}
