// A LiteLLM config.yaml as settings of llm, where its cache is kept, and of its egress.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLitellm } from '../../config/litellm/read-litellm.ts';
import { egressSettings } from '../../roles/egress/settings.ts';
import { llmSettings } from '../../roles/llm/settings.ts';
import { litellmSettings, plainHosts } from './litellm-settings.ts';

function settingsOf(cacheParams: string, router = '{}') {
  const text = `model_list:
  - { model_name: a, litellm_params: { model: anthropic/claude-sonnet-5, api_key: sk-1 } }
litellm_settings: { max_budget: 20, cache: true, cache_params: ${cacheParams} }
router_settings: ${router}
general_settings: { master_key: sk-2 }
`;
  const instance = router === '{}' ? null : { name: 'one', count: 2 };
  const reading = { without: [], budget: null, caller: 'client', instance };
  const config = readLitellm(text, 'config.yaml', reading);
  const settings = litellmSettings(config, {
    ...{ listen: ['tcp:127.0.0.1:4000'], admin: [], secretsDir: '/s', stateDir: '/t' },
    ...{
      egress: 'unix:/e',
      ownEgress: true,
      allowAddresses: [],
      alarmUrl: null,
      file: 'config.yaml',
    },
    resolved: new Map([['redis.internal', '2001:db8::7']]),
  });
  const { cache, redis, dial, providers, limits } = llmSettings.parse(settings.llm);
  const egress = egressSettings.parse(settings.egress);
  return { hosts: plainHosts(config), cache, redis, dial, providers, limits, egress };
}

test('a Redis is asked at the address of its name, with its password from a file', () => {
  const params = '{ type: redis, host: redis.internal, port: 6380, password: x, namespace: n }';
  const { hosts, cache } = settingsOf(params);
  assert.deepEqual(hosts, ['redis.internal']);
  assert.deepEqual(cache?.store, {
    kind: 'redis',
    address: 'tcp:[2001:db8::7]:6380',
    password: 'cache-redis-password',
    prefix: 'n',
    timeoutMs: 50,
  });
});

test('an address needs no lookup, and no password none', () => {
  const { cache } = settingsOf('{ type: redis, host: 127.0.0.1 }');
  assert.ok(cache?.store.kind === 'redis');
  assert.deepEqual([cache.store.address, cache.store.password], ['tcp:127.0.0.1:6379', null]);
});

test('in memory nothing is looked up', () => {
  const { hosts, cache } = settingsOf('{ type: local }');
  assert.deepEqual([hosts, cache?.store], [[], { kind: 'embedded' }]);
});

test('a Redis of the router is what instances share, each under its own name', () => {
  const router = '{ redis_host: redis.internal, redis_port: "6380", redis_password: x }';
  const { hosts, redis, dial } = settingsOf('{ type: local }', router);
  assert.deepEqual(hosts, ['redis.internal']);
  assert.deepEqual(dial['redis.shared'], { direct: 'tcp:[2001:db8::7]:6380' });
  const { url, password, instance, instances } = redis ?? {};
  assert.deepEqual([url, password], ['redis://redis.internal:6380', 'redis-password']);
  assert.deepEqual([instance, instances], ['one', 2]);
});

test('as many calls as llm takes at once get through its own egress, however fast they come', () => {
  const { providers, limits, egress } = settingsOf('{ type: local }');
  const { tunnelsMax, tunnelsPerSecondMax, tunnelsTotalMax } = egress.limits;
  const most = Math.max(limits.requestsMax, ...providers.map((one) => one.connectionsMax));
  assert.ok(Math.min(tunnelsMax, tunnelsPerSecondMax, tunnelsTotalMax) >= most);
});
