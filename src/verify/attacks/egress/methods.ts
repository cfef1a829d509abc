// Everything that is not CONNECT: forwarding, the proxy's own pages, other ways to tunnel.

import type { WireAttack } from '../model.ts';
import { allowedHost, head } from './write.ts';

const host = `Host: ${allowedHost}`;

const rows: readonly (readonly [string, string])[] = [
  ['forward a GET', head(`GET http://${allowedHost}/ HTTP/1.1`, host)],
  ['forward a GET over HTTPS', head(`GET https://${allowedHost}/ HTTP/1.1`, host)],
  [
    'forward a GET with another Host',
    head(`GET http://${allowedHost}/ HTTP/1.1`, 'Host: evil.example'),
  ],
  ['forward a GET to the metadata service', head('GET http://169.254.169.254/latest/ HTTP/1.1')],
  ['forward a POST', head(`POST http://${allowedHost}/ HTTP/1.1`, host)],
  ['forward a PUT to a denied host', head('PUT http://evil.example/ HTTP/1.1')],
  ['forward to a file', head('GET file:///etc/passwd HTTP/1.1')],
  ['forward to FTP', head(`GET ftp://${allowedHost}/ HTTP/1.1`)],
  ['treat it as a web server', head('GET / HTTP/1.1', host)],
  ['read its metrics', head('GET /metrics HTTP/1.1', 'Host: localhost')],
  ['read its health', head('GET /healthz HTTP/1.1', 'Host: localhost')],
  ['read its metrics through itself', head('GET http://127.0.0.1:4750/metrics HTTP/1.1')],
  ['tunnel UDP', head('GET /.well-known/masque/udp/192.0.2.1/443/ HTTP/1.1', host)],
  ['tunnel IP', head('GET /.well-known/masque/ip/*/*/ HTTP/1.1', host)],
  ['write the method in lower case', head(`connect ${allowedHost}:443 HTTP/1.1`)],
  ['write the method in mixed case', head(`Connect ${allowedHost}:443 HTTP/1.1`)],
  ['lengthen the method', head(`CONNECTX ${allowedHost}:443 HTTP/1.1`)],
  ['shorten the method', head(`CONNEC ${allowedHost}:443 HTTP/1.1`)],
  ['ask what is allowed', head('OPTIONS * HTTP/1.1', host)],
  ['have the request echoed', head(`TRACE ${allowedHost}:443 HTTP/1.1`)],
  [
    'have it echoed by the next hop',
    head(`TRACE http://${allowedHost}/ HTTP/1.1`, 'Max-Forwards: 1'),
  ],
  ['empty a cache', head(`PURGE http://${allowedHost}/ HTTP/1.1`)],
];

export const methodAttacks: readonly WireAttack[] = rows.map(([tries, bytes]) => ({
  ...{ tries, bytes },
  ...{ status: 405, reason: 'method-refused' },
}));
