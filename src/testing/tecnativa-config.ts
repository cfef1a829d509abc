// What HAProxy is told in the place of Tecnativa's docker-socket-proxy: its switches, read from the
// environment where the program starts, each for the paths that its documentation names. Our own
// words for them, so it shows what such rules can look at, and no more than that.

import { tecnativaDefaults } from '../policy/docker/tecnativa.ts';

/** Its one that is no section of the API, and those that open a call of a container's. */
const singled: Readonly<Record<string, string>> = {
  ALLOW_RESTARTS: '/containers/[a-zA-Z0-9_.-]+/(stop|restart|kill)',
  ALLOW_START: '/containers/[a-zA-Z0-9_.-]+/start',
  ALLOW_STOP: '/containers/[a-zA-Z0-9_.-]+/stop',
  PING: '/_ping',
};

export function tecnativaConfig(): string {
  const rules = Object.keys(tecnativaDefaults)
    .filter((name) => name !== 'POST')
    .map((name) => {
      const path = singled[name] ?? `/${name.toLowerCase()}`;
      const isOn = `{ env(${name}) -m bool }`;
      return `  http-request allow if ${isOn} { path_reg ^(/v[0-9.]+)?${path} }`;
    });
  return [
    ...['global', '  maxconn 256'],
    ...['defaults', '  mode http', '  timeout connect 10s', '  timeout tunnel 30m'],
    ...['  timeout client 10m', '  timeout server 10m'],
    ...['frontend docker', '  bind :2375', '  acl writes env(POST) -m bool'],
    '  http-request deny unless METH_GET or writes',
    ...rules,
    '  http-request deny',
    '  default_backend daemon',
    ...['backend daemon', '  server daemon unix@/var/run/docker.sock', ''],
  ].join('\n');
}
