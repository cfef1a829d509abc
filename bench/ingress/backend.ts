// What stands behind the ingress that is measured: answers of the size that the path says, and
// WebSockets that say what they hear. `node backend.ts SOCKET`.

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const [, , socketPath] = process.argv;
const bodies = new Map<string, Buffer>();

function bodyFor(path: string): Buffer {
  const kept = bodies.get(path) ?? Buffer.alloc(Number(path.slice(1)) || 0, 'a');
  bodies.set(path, kept);
  return kept;
}

const server = createServer((request, response) => {
  const body = bodyFor(request.url ?? '/');
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
});
// Between two requests of a proxy's connection there may be a while.
server.keepAliveTimeout = 600_000;
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
server.listen(socketPath);
