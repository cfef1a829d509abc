// What `clincher render upstream` writes comes up as it is written, by the programs it is written
// for, and does what is said of it; and what `clincher check` says is open in it is open.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { dockerSkip } from '../../src/testing/docker-daemon.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import type { TestProvider } from '../../src/testing/provider.ts';
import { upstreamPrograms } from '../../src/testing/upstream-programs.ts';
import { openUpstreamProvider, providerAddress } from '../../src/testing/upstream-provider.ts';
import { bringUpUpstream, type UpstreamStack } from '../../src/testing/upstream-stack.ts';

const missing = (['haproxy', 'litellm'] as const).filter(
  (name) => !existsSync(upstreamPrograms[name]),
);
const skip =
  dockerSkip !== false
    ? dockerSkip
    : missing.length > 0 && `without ${missing.join(' and ')}: npm run test:long says why`;
/** Where it cannot be had, our egress is in its place, by the same ACL. */
const withSmokescreen =
  existsSync(upstreamPrograms.smokescreen) ||
  'it could not be had, so our egress took its place: npm run test:long says why';

if (skip !== false) test('the reference by its own programs', { skip });
else inOwnNetwork(import.meta.url, { timeoutMs: 1_200_000 }, tests);

const keys = {
  OWN_KEY: 'key-of-the-provider-0123456789',
  LITELLM_MASTER_KEY: 'sk-master-of-the-test',
  VOYAGE_API_KEY: 'key-of-the-embeddings',
};
const config = `version: 1
providers:
  own: { dialect: openai, baseUrl: "https://provider.test/v1", key: "env:OWN_KEY" }
models:
  default: { provider: own, model: real-1, price: { input: 3, output: 15 } }
budget: { usd: 50, per: day }
ingress: { listen: "127.0.0.1:8443", origin: "https://localhost:8443" }
`;
const docker = 'http://openclaw-docker-proxy:2375';

function tests(): void {
  const opened = new AsyncDisposableStack();
  let stack: UpstreamStack;
  let provider: TestProvider;
  before(async () => {
    provider = opened.use(await openUpstreamProvider(['provider.test', 'api.voyageai.com']));
    stack = opened.use(await bringUpUpstream({ config, keys, caPem: provider.caPem }));
  });
  after(() => opened.disposeAsync());

  const curl = async (...args: readonly string[]) => {
    const asked = ['curl', '--silent', '--show-error', '--max-time', '60'];
    const said = await stack.inAgentsPlace(...asked, '--write-out', '\n%{http_code}', ...args);
    const lines = said.stdout.trimEnd().split('\n');
    return { status: lines.at(-1), body: lines.slice(0, -1).join('\n') + said.stderr };
  };
  const askModel = (content: string, key: string = keys.LITELLM_MASTER_KEY) => {
    const body = JSON.stringify({ model: 'default', messages: [{ role: 'user', content }] });
    const headers = [`authorization: Bearer ${key}`, 'content-type: application/json'];
    const url = 'http://openclaw-litellm:4000/v1/chat/completions';
    return curl(...headers.flatMap((header) => ['--header', header]), '--data', body, url);
  };
  const asked = (path: string) => provider.requests.filter(({ url }) => url === path);

  test('a call of the agent’s goes through LiteLLM and Smokescreen to the provider', async () => {
    const { status, body } = await askModel('what is the weather in Bern');
    assert.equal(status, '200', body);
    assert.match(body, /answered outside/);
    const [call] = asked('/v1/chat/completions');
    assert.equal(call?.headers.authorization, `Bearer ${keys.OWN_KEY}`);
    // With a key that it does not know it asks for its database first, and has none.
    assert.equal((await askModel('without a key', 'sk-wrong')).status, '400');
    assert.equal(asked('/v1/chat/completions').length, 1);
  });

  test('the same question is answered from Redis, by embeddings from Voyage', async () => {
    const before = asked('/v1/chat/completions').length;
    assert.equal((await askModel('what is the weather in Bern')).status, '200');
    assert.equal(asked('/v1/chat/completions').length, before);
    assert.ok(asked('/v1/embeddings').length > 0);
  });

  const whySkipped = withSmokescreen === true ? false : withSmokescreen;
  test('it was Smokescreen, and says so', { skip: whySkipped }, async () => {
    const { stdout } = await stack.compose('logs', '--no-color', 'openclaw-egress');
    assert.match(stdout, /"allow":true.*"requested_host":"provider\.test:443"/);
  });

  test('the ACL lets through to the declared hosts, at any port, and to no others', async () => {
    const server = createServer((socket) => socket.end('another port'));
    opened.defer(() => void server.close());
    await new Promise<void>((resolve) => server.listen(2_222, providerAddress, resolve));
    const tunnel = async (place: string) =>
      Object.values(await stack.inAgentsPlace('python3', '-c', askTunnel(place))).join(' ');
    assert.match(await tunnel('provider.test:443'), / 200 /);
    assert.match(await tunnel('provider.test:2222'), / 200 /);
    assert.match(await tunnel('elsewhere.test:443'), withSmokescreen === true ? / 407 / : / 403 /);
  });

  test('Tecnativa’s switches let the agent read every container, and run nothing', async () => {
    const list = await curl(`${docker}/containers/json`);
    assert.equal(JSON.parse(list.body).length, 5, 'its own, and all others');
    const { body } = await curl(`${docker}/v1.41/containers/openclaw-litellm/json`);
    assert.ok(body.includes(`OWN_KEY=${keys.OWN_KEY}`), 'the key of the provider');
    const post = (path: string, data: object) =>
      curl(
        '--header',
        'content-type: application/json',
        '--data',
        JSON.stringify(data),
        docker + path,
      );
    const created = await post('/containers/create', { Image: 'any' });
    const ran = await post('/containers/openclaw-litellm/exec', { Cmd: ['id'] });
    assert.deepEqual([created.status, ran.status], ['403', '403']);
    assert.equal((await curl(`${docker}/networks`)).status, '403');
  });

  test('what is said to be open in it is', async () => {
    const findings = await stack.findings();
    for (const code of ['stack-docker-reach', 'stack-docker-rights', 'stack-egress-ports']) {
      assert.ok(findings.includes(code), code);
    }
    // Redis answers whoever is on its network, and LiteLLM reaches the API of Docker.
    assert.ok(findings.includes('stack-tokens') && findings.includes('stack-flat'));
    const redis = await stack.inAgentsPlace('python3', '-c', say('openclaw-redis', 6379, 'PING'));
    assert.match(redis.stdout, /PONG/);
    const reads = `import urllib.request
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open("${docker}/containers/json").status)`;
    const { stdout } = await stack.compose('exec', '-T', 'litellm', 'python3', '-c', reads);
    assert.equal(stdout.trim(), '200');
    // The agent needs no proxy to leave by.
    assert.ok(findings.includes('stack-way-out'));
    const before = provider.requests.length;
    assert.equal(
      (await curl('--insecure', '--noproxy', '*', 'https://provider.test/')).status,
      '200',
    );
    assert.equal(provider.requests.length, before + 1);
  });
}

function askTunnel(place: string): string {
  const request = `CONNECT ${place} HTTP/1.1\\r\\nHost: ${place}\\r\\n\\r\\n`;
  return `${say('openclaw-egress', 4750, request)}`;
}

/** Prints the first line of the answer. */
function say(host: string, port: number, text: string): string {
  return `import socket
s = socket.create_connection(("${host}", ${port}), 20)
s.sendall(b"${text}\\r\\n")
print(s.recv(400).split(b"\\r\\n")[0].decode())`;
}
