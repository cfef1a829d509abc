// How a CA is shown that the name is ours: a file that ingress answers with, or a record at
// Cloudflare. Either is there only while the CA looks.

import { lookup } from 'node:dns/promises';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../acme/account-key.ts';
import { untilVisible } from '../../acme/dns-visible.ts';
import { type ChallengeWay, tokenPattern } from '../../acme/order.ts';
import { connectApi } from '../../cloudflare/api.ts';
import { putTxt, takeTxt } from '../../cloudflare/txt-record.ts';
import { hostPaths } from '../../host/host-paths.ts';
import { keptFolder, makeKeptFolder } from '../../host/kept-folders.ts';
import { assert } from '../../kit/assert.ts';
import type { Secret } from '../../kit/secret.ts';
import { challengesKept } from '../../plan/challenges-folder.ts';

export function httpWay(stateDir: string): ChallengeWay {
  const paths = hostPaths(stateDir);
  const fileOf = (token: string) => {
    assert(tokenPattern.test(token), 'the token of a challenge is a plain name');
    return join(keptFolder(challengesKept, paths), token);
  };
  return {
    type: 'http-01',
    async put(token, answer) {
      makeKeptFolder(challengesKept, paths);
      const file = fileOf(token);
      // Containers read it as another user; it is for everybody who asks, and the folder is closed.
      await writeFile(`${file}~`, answer, { mode: 0o644 });
      await rename(`${file}~`, file);
    },
    take: (token) => rm(fileOf(token), { force: true }),
  };
}

export interface DnsPlace {
  readonly host: string;
  readonly zone: string | null;
  /** For an API gateway of one's own. */
  readonly apiRoot?: string | undefined;
  /** The addresses of a name server, by its name. */
  readonly serverAddresses: (name: string) => Promise<readonly string[]>;
}

/** @see `DnsPlace`; a server without an address here is asked by the CA alone. */
export async function serverAddresses(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

export function dnsWay(token: Secret, place: DnsPlace): ChallengeWay {
  const { host, zone, apiRoot, serverAddresses: addressesOf } = place;
  const api = connectApi(token, apiRoot);
  const name = `_acme-challenge.${host}`;
  return {
    type: 'dns-01',
    async put(_, answer) {
      const text = digestOf(answer);
      const servers = await putTxt(api, { host, zone }, name, text);
      const addresses = await Promise.all(servers.map(addressesOf));
      await untilVisible(addresses.flat(), name, text);
    },
    take: () => takeTxt(api, { host, zone }, name),
  };
}
