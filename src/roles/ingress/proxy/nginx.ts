// The ingress as a configuration of nginx, from the same settings as our own server. Everything
// goes through one location: first how often a client asks, then judged, then to its route.

import { parseAddress } from '../../../kit/address.ts';
import { ClincherError } from '../../../kit/error.ts';
import { hasPublicName, sameMachineAddress, stayHere } from '../../../policy/ingress-headers.ts';
import { isAtLeast } from '../../../policy/ingress-programs.ts';
import type { IngressSettings } from '../settings.ts';
import { judge } from './nginx-judge.ts';
import { readNginxLine, withoutRequest } from './nginx-log.ts';
import { judged, ownErrors, refusedByNginx, routed, upstreamOf } from './nginx-routes.ts';
import { type Block, block, type Line, literal, map, text } from './nginx-text.ts';
import type { ProxyProgram } from './program.ts';
import type { ProxyView } from './view.ts';

/**
 * The whole file.
 * @throws ClincherError `settings-invalid` for a value that nginx has no way to be told
 */
export function renderNginx(view: ProxyView): string {
  const { settings, folder } = view;
  const own = (name: string) => literal(`${folder}/${name}`, 'a folder called');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  // Two descriptors for each: the client's, and the one to the service behind.
  const connections = settings.limits.connectionsMax * 2;
  return text([
    'daemon off',
    ...(view.isRoot ? ['user root'] : []),
    'worker_processes 1',
    `pid ${own('nginx.pid')}`,
    'error_log stderr notice',
    block('events', [`worker_connections ${connections}`]),
    block('http', [
      'server_tokens off',
      'proxy_headers_hash_max_size 1024',
      'proxy_headers_hash_bucket_size 128',
      ...temporary.map((name) => `${name}_temp_path ${own(`${name}-temp`)}`),
      ...accessLog(own(accessLogName)),
      ...judge(view),
      ...clients(view),
      ...answers(settings),
      ...settings.routes.map((route, index) =>
        block(`upstream clincher_route_${index}`, [`server ${upstreamOf(route.to)}`]),
      ),
      server(view),
    ]),
  ]);
}

/** One JSON object a request; no query, no header but the host: see readAccessLine. */
function accessLog(file: string): readonly string[] {
  const fields = {
    ...{ requestId: '$request_id', address: '$remote_addr', peer: '$realip_remote_addr' },
    ...{ http: '$server_protocol', method: '$request_method', path: '$clincher_path' },
    ...{ host: '$http_host', upgrade: '$asks_upgrade', refused: '$refused' },
    ...{ status: '$status', behind: '$upstream_status', tls: '$ssl_client_verify' },
    ...{ bytesIn: '$request_length', bytesOut: '$body_bytes_sent', seconds: '$request_time' },
  };
  return [
    `log_format clincher escape=json '${JSON.stringify(fields)}'`,
    `access_log ${file} clincher`,
  ];
}

/** Who a client is, and how often it may ask. */
function clients({ live }: ProxyView): readonly Line[] {
  const { front, rate } = live;
  const admitted = front?.ranges.map((range) => `${range} yes`) ?? [];
  return [
    ...(front === undefined
      ? []
      : [block('geo $realip_remote_addr $front_admits', ['default no', ...admitted])]),
    ...(front?.addressHeader
      ? [
          ...front.ranges.map((range) => `set_real_ip_from ${range}`),
          `real_ip_header ${front.addressHeader}`,
        ]
      : []),
    map('$remote_addr', '$told_address', [
      ['~^(?:::ffff:)?127\\.', sameMachineAddress],
      ['~^(?:::1|unix:|)$', sameMachineAddress],
      ['~*^::ffff:(?<as_ipv4>[0-9.]+)$', '$as_ipv4'],
      ['default', '$remote_addr'],
    ]),
    // Of IPv6 the half that a provider gives to one household.
    map('$binary_remote_addr', '$client', [
      ['~(?s)^(?<network>.{8}).{8}$', '$network'],
      ['default', '$binary_remote_addr'],
    ]),
    'limit_conn_zone $client zone=open:10m',
    ...(rate === null
      ? []
      : [`limit_req_zone $client zone=asked:10m rate=${perSecondOrMinute(rate)}`]),
  ];
}

type Rate = NonNullable<ProxyView['live']['rate']>;

/** nginx counts in whole requests: what is no whole number a second is rounded up a minute. */
function perSecondOrMinute({ requests, perSeconds }: Rate): string {
  if (requests % perSeconds === 0) return `${requests / perSeconds}r/s`;
  return `${Math.ceil((requests * 60) / perSeconds)}r/m`;
}

/** What is added to an answer only where the service said nothing of it. */
function answers(settings: IngressSettings): readonly Block[] {
  const { origin } = settings;
  const unlessSaid = (name: string, value: string) => {
    const variable = name.toLowerCase().replaceAll('-', '_');
    return map(`$upstream_http_${variable}`, `$add_${variable}`, [['', value]]);
  };
  const framing = '$upstream_http_x_frame_options|$upstream_http_content_security_policy';
  return [
    unlessSaid('X-DNS-Prefetch-Control', 'off'),
    unlessSaid('X-Content-Type-Options', 'nosniff'),
    unlessSaid('Referrer-Policy', 'no-referrer'),
    map('$upstream_http_content_security_policy', '$add_stay_here', [
      ['default', stayHere(settings, false)],
      ['~*(script|default)-src', stayHere(settings, true)],
    ]),
    map(framing, '$add_x_frame_options', [
      ['~*^\\|.*frame-ancestors', ''],
      ['~^\\|', 'SAMEORIGIN'],
    ]),
    map('$host', '$add_hsts', [['default', hasPublicName(origin) ? 'max-age=31536000' : '']]),
  ];
}

function server(view: ProxyView): Block {
  const { settings, live } = view;
  const { limits } = settings;
  const { rate, front } = live;
  const burst = rate === null || rate.requests < 2 ? '' : ` burst=${rate.requests - 1}`;
  return block('server', [
    ...listeners(view),
    'server_name _',
    ...certificate(view),
    `client_header_buffer_size 1k`,
    `large_client_header_buffers 1 ${limits.headerBytesMax}`,
    `client_header_timeout ${limits.headerTimeoutMs}ms`,
    `client_body_timeout ${limits.clientGraceMs}ms`,
    `client_max_body_size ${limits.bodyBytesMax}`,
    `send_timeout ${limits.clientGraceMs}ms`,
    'reset_timedout_connection on',
    `http2_max_concurrent_streams ${limits.streamsMax}`,
    'merge_slashes off',
    // Names with an underscore are thrown away, and those that are none.
    'underscores_in_headers off',
    'ignore_invalid_headers on',
    // Nothing is served from files; a look for one is what comes between the rates and a route.
    'root /nonexistent',
    'default_type application/json',
    'recursive_error_pages on',
    ...ownErrors,
    ...(front === undefined ? [] : [block('if ($front_admits = no)', ['return 444'])]),
    block('location /', [
      ...(rate === null
        ? []
        : [
            `limit_req zone=asked${burst}${burst === '' ? '' : ' nodelay'}`,
            'limit_req_status 429',
          ]),
      `limit_conn open ${limits.connectionsPerClientMax}`,
      'limit_conn_status 429',
      'try_files /. @judged',
    ]),
    judged(settings),
    ...settings.routes.flatMap((route, index) => routed(settings, route, index)),
    ...refusedByNginx(live, settings.origin),
  ]);
}

function listeners({ settings, version }: ProxyView): readonly string[] {
  const hasOwnLine = isAtLeast(version, '1.25.1');
  return [
    ...settings.listen.map(({ address }) => {
      const where = listenText(address, settings);
      return `listen ${where} ssl${hasOwnLine ? '' : ' http2'}`;
    }),
    ...(hasOwnLine ? ['http2 on'] : []),
  ];
}

/** An inherited socket is known to nginx by the address that it is bound to. */
function listenText(address: string, { program }: IngressSettings): string {
  const parsed = parseAddress(address);
  const bound = parsed?.kind === 'fd' ? parseAddress(program?.bound ?? '') : parsed;
  if (bound?.kind === 'unix') return literal(`unix:${bound.path}`, 'a socket called');
  if (bound?.kind === 'tcp') {
    return bound.host.includes(':')
      ? `[${bound.host}]:${bound.port}`
      : `${bound.host}:${bound.port}`;
  }
  throw new ClincherError('settings-invalid', `nginx does not know where ${address} is bound`, {
    fix: 'Say it in `program.bound`: tcp:127.0.0.1:8443',
  });
}

function certificate({ settings, live }: ProxyView): readonly string[] {
  const { certFile, keyFile, clientCaFile } = settings.tls;
  return [
    `ssl_certificate ${literal(certFile, 'a certificate called')}`,
    `ssl_certificate_key ${literal(keyFile, 'a key called')}`,
    'ssl_protocols TLSv1.2 TLSv1.3',
    'ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20',
    'ssl_session_tickets off',
    ...(clientCaFile !== undefined && (live.front === undefined || live.front.certificate)
      ? [
          `ssl_client_certificate ${literal(clientCaFile, 'a CA called')}`,
          'ssl_verify_client on',
          'ssl_verify_depth 1',
        ]
      : []),
  ];
}

const accessLogName = 'access.log';

export const nginxProgram: ProxyProgram = {
  name: 'nginx',
  versionArgv: ['-v'],
  versionIn: (said) => /nginx\/([0-9.]+)/.exec(said)?.[1] ?? null,
  configName: 'nginx.conf',
  render: renderNginx,
  testArgv: (file) => ['-t', '-q', '-e', 'stderr', '-c', file],
  runArgv: (file) => ['-e', 'stderr', '-c', file],
  readyLine: /start worker processes/,
  inherits: true,
  environment: (inherited) =>
    inherited.length === 0 ? {} : { NGINX: inherited.map((fd) => `${fd};`).join('') },
  reload: async ({ signal }) => signal('SIGHUP'),
  accessLogName,
  readAccessLine: readNginxLine,
  readOwnLine: withoutRequest,
};
