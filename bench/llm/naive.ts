// The least a proxy in Node can do: it reads nothing, keeps no book, and pipes. What a gateway
// costs is measured against this.

import { Agent, createServer, request as openRequest } from 'node:http';

const [port = '', providerPort = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

const server = createServer((request, response) => {
  const { host: _, connection: __, ...headers } = request.headers;
  const upstream = openRequest(
    {
      host: '127.0.0.1',
      port: Number(providerPort),
      method: request.method,
      path: request.url,
      headers,
      agent,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  upstream.once('error', () => response.destroy());
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1');
