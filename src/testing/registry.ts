// A small registry on loopback, where a real `docker pull` reads images of the store (distribution
// API: /v2/NAME/manifests/REFERENCE and /v2/NAME/blobs/DIGEST); it can be made to lie.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mediaTypes, nameOf } from '../images/oci.ts';
import type { ImageStore } from '../images/store.ts';

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** What it gives in the place of the manifest, or of the first layer, that it is asked for. */
  lie: 'nothing' | 'manifest' | 'layer';
}

export async function startRegistry(store: ImageStore): Promise<TestRegistry> {
  const server = createServer((request, response) => {
    answer(request.url ?? '', response).catch((error) => response.destroy(error));
  });
  const answer = async (url: string, response: ServerResponse) => {
    const [, name = '', kind, reference = ''] =
      /^\/v2\/clincher\/([a-z]+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    if (url === '/v2/') response.end('{}');
    else if (kind === 'manifests') await manifest(name, reference, response);
    else if (kind === 'blobs') await blob(reference, response);
    else response.writeHead(404).end();
  };
  const manifest = async (name: string, reference: string, response: ServerResponse) => {
    const { manifests } = await store.index();
    const lying = registry.lie === 'manifest';
    const entry = manifests.find((each) => (nameOf(each) === name) !== lying);
    if (entry === undefined || (entry.digest !== reference && !lying)) {
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
      return;
    }
    const headers = { 'content-type': mediaTypes.manifest, 'docker-content-digest': reference };
    response.writeHead(200, headers).end(await readFile(store.path(entry.digest)));
  };
  const blob = async (digest: string, response: ServerResponse) => {
    const size = await store.sizeOf(digest);
    const turned = registry.lie === 'layer' && size > 1_000;
    response.writeHead(200, { 'content-length': size, 'docker-content-digest': digest });
    if (turned) response.end(Buffer.alloc(size, 'x'));
    else createReadStream(store.path(digest)).pipe(response);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const registry: TestRegistry = {
    host: `127.0.0.1:${port}`,
    lie: 'nothing',
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}
