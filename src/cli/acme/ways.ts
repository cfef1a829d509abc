// How a CA is shown that the name is ours: a file that ingress answers with, or a record at
// Cloudflare. Either is there only while the CA looks.

import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { digestOf } from '../../acme/account-key.ts';
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
  /** Until all of Cloudflare's servers say what one was told; seconds, as they write. */
  readonly settleMs: number;
}

export function dnsWay(token: Secret, { host, zone, apiRoot, settleMs }: DnsPlace): ChallengeWay {
  const api = connectApi(token, apiRoot);
  const name = `_acme-challenge.${host}`;
  return {
    type: 'dns-01',
    async put(_, answer) {
      await putTxt(api, { host, zone }, name, digestOf(answer));
      await delay(settleMs);
    },
    take: async () => void (await takeTxt(api, { host, zone }, name)),
  };
}
