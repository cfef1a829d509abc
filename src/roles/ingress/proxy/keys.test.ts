// A bound that somebody sets in clincher.yaml is in a program's file, or its list says that it is
// not: then the file that names it is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingressKeysLost, ingressVersionsMin } from '../../../policy/ingress-programs.ts';
import { ingressLive, ingressPrograms, ingressSettings } from '../settings.ts';
import { proxyPrograms } from './programs.ts';

const plain = {
  ...{ service: 'ingress', admin: [], origin: 'https://localhost:9' },
  listen: [{ address: 'tcp:127.0.0.1:9', caller: 'people' }],
  tls: { certFile: '/c', keyFile: '/k' },
  routes: [{ prefix: '/', service: 'gateway', to: 'unix:/gw' }],
};
const { limits } = ingressSettings.parse(plain);
const changes: Readonly<Record<string, object>> = {
  rate: { rate: { requests: 7, perSeconds: 3 } },
  ...Object.fromEntries(
    Object.entries(limits).map(([key, value]) => [
      `limits.${key}`,
      { limits: { [key]: value + 7 } },
    ]),
  ),
};

for (const name of ingressPrograms) {
  const written = (change: object) => {
    const settings = ingressSettings.parse({ ...plain, ...change });
    const live = ingressLive.parse({ rate: settings.rate });
    const at = { folder: '/f', version: ingressVersionsMin[name], isRoot: false };
    return proxyPrograms[name].render({ settings, live, tokens: new Map(), ...at });
  };
  for (const [key, change] of Object.entries(changes)) {
    const isLost = Object.hasOwn(ingressKeysLost[name], key);
    test(`${name} is ${isLost ? 'not ' : ''}told of ${key}`, () => {
      assert.equal(written(change) === written({}), isLost);
    });
  }
}
