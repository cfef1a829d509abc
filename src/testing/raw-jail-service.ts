// What runs inside a raw jail: a small server on the sockets it was told, answering one status with
// one reason. Self-contained: it is mounted into the jail as a single file and started by node
// there.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

export interface RawServiceSettings {
  /** Unix socket paths, `fd:N`, or `host:port`. */
  readonly listen: readonly string[];
  readonly status: number;
  readonly reason: string;
}

const settings = JSON.parse(
  readFileSync('/run/clincher/settings.json', 'utf8'),
) as RawServiceSettings;

for (const place of settings.listen) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(settings.status, { 'x-clincher-reason': settings.reason });
    response.end();
  });
  server.on('connect', (_, socket) => {
    const head = `HTTP/1.1 ${settings.status} No\r\nx-clincher-reason: ${settings.reason}\r\n`;
    socket.end(`${head}content-length: 0\r\n\r\n`);
  });
  server.listen(addressOf(place));
  await new Promise((resolve) => server.once('listening', resolve));
}
process.stdout.write('ready\n');

function addressOf(place: string) {
  if (place.startsWith('/')) return { path: place };
  if (place.startsWith('fd:')) return { fd: Number(place.slice(3)) };
  const colon = place.lastIndexOf(':');
  return { host: place.slice(0, colon), port: Number(place.slice(colon + 1)) };
}
