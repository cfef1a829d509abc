// Settings that a shape cannot judge: each fault is told with its place, before anything listens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedDockerProxySettings } from './check-settings.ts';

const bind = { source: '/srv/boxes', target: '/workspace', below: true };
const template = (more: object, templateMore: object = {}) => ({
  ...{ images: [{ name: 'sandbox:1' }], binds: [{ ...bind, ...more }] },
  ...templateMore,
});

const faults = (more: object) =>
  checkedDockerProxySettings
    .safeParse({
      ...{ service: 'docker-proxy', admin: [], docker: 'unix:/x', profile: 'sandbox' },
      listen: ['gateway', 'other'].map((caller) => ({ address: `unix:/${caller}`, caller })),
      ...more,
    })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

test('a bind that a link can lead out of ends the start, unless it is said to be fine', () => {
  const [fault = '', ...more] = faults({ template: template({}) });
  assert.match(fault, /^template\.binds\.0\.below: .*`commandsOnly: true`.*`unsafeLinks: true`/);
  assert.ok(more.every((each) => each === fault));
  assert.deepEqual(faults({ template: template({ unsafeLinks: true }) }), []);
  assert.deepEqual(faults({ template: template({}, { commandsOnly: true }) }), []);
  assert.deepEqual(faults({ template: template({ below: false }) }), []);
});

test("the place is the caller's own template, where it has one", () => {
  const callers = { other: { template: template({}) } };
  const found = faults({ callers, template: template({ unsafeLinks: true }) });
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /^callers\.other\.template\.binds\.0\.below: /);
});
