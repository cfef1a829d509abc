// The ingress as a configuration of Caddy, in its JSON, from the same settings as our own server:
// judged, then to its route.

import { request } from 'node:http';
import { parseAddress } from '../../../kit/address.ts';
import { ClincherError } from '../../../kit/error.ts';
import { readWholeFile } from '../../../net/read-file.ts';
import { judgements } from './caddy-judge.ts';
import { readCaddyLine, shortCaddyLine } from './caddy-log.ts';
import { away, refuse, routed, toldAddress } from './caddy-routes.ts';
import { plain } from './caddy-text.ts';
import type { ProxyProgram, RunningProgram } from './program.ts';
import { refusals } from './refusals.ts';
import type { ProxyView } from './view.ts';

/**
 * The whole file.
 * @throws ClincherError `settings-invalid` for a value that Caddy would take for more than it is
 */
export function renderCaddy(view: ProxyView): string {
  const { settings, folder } = view;
  const { certFile, keyFile } = settings.tls;
  const config = {
    admin: {
      listen: `unix/${plain(`${folder}/${adminSocket}`)}`,
      origins: ['localhost'],
      config: { persist: false },
    },
    logging: { logs },
    storage: { module: 'file_system', root: plain(`${folder}/storage`) },
    apps: {
      tls: {
        certificates: { load_files: [{ certificate: plain(certFile), key: plain(keyFile) }] },
        disable_ocsp_stapling: true,
      },
      http: { servers: { ingress: server(view) } },
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

const adminSocket = 'admin.sock';

/** What is logged of an error holds the headers of its request: it is left out. */
const logs = {
  default: {
    writer: { output: 'stderr' },
    encoder: { format: 'json' },
    exclude: ['http.log', 'http.stdlib', 'admin.api'],
  },
  access: {
    writer: { output: 'stdout' },
    encoder: { format: 'json' },
    level: 'DEBUG',
    include: ['http.log.access', 'http.stdlib'],
  },
} as const;

function server(view: ProxyView) {
  const { settings } = view;
  const { limits, origin } = settings;
  const duration = (ms: number) => `${ms}ms`;
  return {
    listen: settings.listen.map(({ address }) => listenText(address)),
    protocols: ['h1', 'h2'],
    read_header_timeout: duration(limits.headerTimeoutMs),
    idle_timeout: duration(limits.idleTimeoutMs),
    max_header_bytes: limits.headerBytesMax,
    automatic_https: { disable: true },
    // The host is judged, by name and port.
    strict_sni_host: false,
    tls_connection_policies: [connectionPolicy(view)],
    logs: {},
    routes: [
      {
        handle: [...toldAddress(view), { handler: 'request_body', max_size: limits.bodyBytesMax }],
      },
      ...judgements(view).map(({ when, refusal }) => ({
        match: [{ expression: when }],
        handle: [refuse(refusal, origin)],
        terminal: true,
      })),
      ...routed(settings),
    ],
    errors: {
      routes: [
        {
          match: [{ expression: '{http.error.status_code} == 413' }],
          handle: [refuse(refusals.body, origin)],
          terminal: true,
        },
        ...away(settings),
      ],
    },
  };
}

/** Without a policy that matches, a handshake fails: past the front nobody sees a certificate. */
function connectionPolicy({ settings, live }: ProxyView) {
  const { clientCaFile } = settings.tls;
  const asks = clientCaFile !== undefined && (live.front === undefined || live.front.certificate);
  return {
    ...(live.front === undefined ? {} : { match: { remote_ip: { ranges: live.front.ranges } } }),
    protocol_min: 'tls1.2',
    alpn: ['h2', 'http/1.1'],
    default_sni: new URL(settings.origin).hostname.replace(/^\[|\]$/g, ''),
    ...(asks
      ? {
          client_authentication: {
            trusted_ca_certs_pem_files: [plain(clientCaFile)],
            mode: 'require_and_verify',
          },
        }
      : {}),
  };
}

function listenText(address: string): string {
  const parsed = parseAddress(address);
  if (parsed?.kind === 'unix') return `unix/${plain(parsed.path)}`;
  if (parsed?.kind === 'tcp') {
    return parsed.host.includes(':') ? `[${parsed.host}]:${parsed.port}` : address.slice(4);
  }
  throw new ClincherError('settings-invalid', `Caddy cannot listen at ${address}`, {
    fix: 'Say an address of this machine: tcp:127.0.0.1:8443',
  });
}

/** @throws ClincherError `settings-invalid`: what was there stays in force */
async function load({ folder, configFile }: RunningProgram): Promise<void> {
  const body = await readWholeFile(configFile);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asked = request({
    socketPath: `${folder}/${adminSocket}`,
    path: '/load',
    method: 'POST',
    headers: {
      host: 'localhost',
      'content-type': 'application/json',
      // A file that says the same may name a certificate that is another.
      'cache-control': 'must-revalidate',
    },
  });
  const refused = (why: string) =>
    reject(new ClincherError('settings-invalid', `Caddy did not take its file: ${why}`));
  asked.on('error', ({ message }) => refused(message));
  asked.on('response', (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(0, 2_000);
    });
    answer.on('end', () => (answer.statusCode === 200 ? resolve() : refused(text)));
    answer.on('error', ({ message }) => refused(message));
  });
  asked.end(body);
  await promise;
}

export const caddyProgram: ProxyProgram = {
  name: 'caddy',
  versionArgv: ['version'],
  versionIn: (said) => /^v?([0-9]+\.[0-9.]+)/m.exec(said)?.[1] ?? null,
  configName: 'caddy.json',
  render: renderCaddy,
  testArgv: (file) => ['validate', '--config', file],
  runArgv: (file) => ['run', '--config', file],
  readyLine: /serving initial configuration/,
  inherits: false,
  // Nothing of it is kept anywhere else.
  environment: (_, folder) => ({ HOME: folder }),
  reload: load,
  accessLogName: null,
  readAccessLine: readCaddyLine,
  readOwnLine: shortCaddyLine,
};
