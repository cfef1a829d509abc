// The reference's five services on its three networks, as its files have them. Beside each stands
// what it is open to, as `clincher verify` finds it on these networks, and `clincher blast
// --compare` tells it.

import { Document, type YAMLMap } from 'yaml';
import { images, upstream } from '../../topology/pins.ts';

const proxyUrl = 'http://openclaw-egress:4750';

/** `variables`: what LiteLLM reads its keys from; given to it by the file `.env`. */
export function upstreamCompose(variables: readonly string[]): string {
  const bridge = { driver: 'bridge' };
  const document = new Document(
    {
      name: 'openclaw',
      services: {
        'docker-proxy': dockerProxy,
        openclaw,
        litellm: litellm(variables),
        'openclaw-egress': egress,
        redis,
      },
      networks: {
        'openclaw-net': { ...bridge, internal: true },
        'proxy-net': bridge,
        'egress-net': bridge,
      },
      volumes: { 'openclaw-data': {}, 'redis-data': {} },
    },
    { aliasDuplicateObjects: false },
  );
  document.commentBefore = [
    ' The stack that the preset `reference` is drawn after, with its own programs.',
    ' Written by clincher to be held against a stack of its own, not to be put before strangers.',
  ].join('\n');
  for (const [path, text] of Object.entries(comments)) {
    const parent = path.split('/').slice(0, -1);
    const map = document.getIn(parent) as YAMLMap | undefined;
    const pair = map?.items.find(({ key }) => String(key) === path.split('/').at(-1));
    if (pair === undefined) continue;
    pair.key = Object.assign(document.createNode(String(pair.key)), { commentBefore: ` ${text}` });
  }
  return document.toString({ lineWidth: 0 });
}

const comments: Readonly<Record<string, string>> = {
  'services/docker-proxy':
    'Without POST it lets nobody run a command, whatever EXEC says; it reads out every container.',
  'services/openclaw':
    'Has the way out itself, and on its network whatever listens there: Redis, the Docker API.',
  'services/litellm': 'Holds the keys; reaches the Docker API and the way out, too.',
  'services/openclaw-egress':
    'One list for whoever gets to it, by host alone: the port is the caller’s to choose.',
  'services/redis': 'Asks nobody for a password.',
  'networks/openclaw-net':
    'Whoever is on it reaches everybody on it, and the host by the address that it has there.',
};

const unprivileged = { security_opt: ['no-new-privileges:true'] };
const restart = { restart: 'unless-stopped' };

const dockerProxy = {
  image: upstream.dockerProxy,
  container_name: 'openclaw-docker-proxy',
  environment: Object.fromEntries([
    ...['CONTAINERS', 'IMAGES', 'INFO', 'VERSION', 'PING', 'EVENTS', 'EXEC'].map(switched('1')),
    ...['BUILD', 'COMMIT', 'CONFIGS', 'DISTRIBUTION', 'NETWORKS', 'NODES'].map(switched('0')),
    ...['PLUGINS', 'SECRETS', 'SERVICES', 'SESSION', 'SWARM', 'SYSTEM'].map(switched('0')),
    ...['TASKS', 'VOLUMES'].map(switched('0')),
  ]),
  volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'],
  networks: ['openclaw-net'],
  read_only: true,
  tmpfs: ['/tmp:size=16M', '/run:size=8M'],
  ...unprivileged,
  healthcheck: check(['CMD-SHELL', 'wget -q --spider http://localhost:2375/_ping'], '10s'),
  ...bounds('0.5', '256M'),
  ...restart,
};

const openclaw = {
  image: upstream.openclaw,
  container_name: 'openclaw',
  environment: {
    DOCKER_HOST: 'tcp://openclaw-docker-proxy:2375',
    ...{ HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl },
    NO_PROXY: 'openclaw-docker-proxy,openclaw-litellm,localhost,127.0.0.1',
    OPENCLAW_DISABLE_BONJOUR: '1',
    NODE_OPTIONS: '--dns-result-order=ipv4first',
  },
  volumes: ['openclaw-data:/root/.openclaw'],
  networks: ['openclaw-net', 'proxy-net'],
  ...unprivileged,
  stop_grace_period: '30s',
  depends_on: healthy('docker-proxy', 'openclaw-egress', 'litellm'),
  healthcheck: check(['CMD', 'openclaw', 'doctor', '--quiet'], '30s'),
  ...bounds('8.0', '16G'),
  ...restart,
};

function litellm(variables: readonly string[]): object {
  return {
    image: upstream.litellm,
    container_name: 'openclaw-litellm',
    command: ['--config', '/app/config.yaml', '--port', '4000'],
    volumes: ['./config/litellm-config.yaml:/app/config.yaml:ro'],
    environment: {
      ...Object.fromEntries(variables.map((name) => [name, `\${${name}}`])),
      // With none at all LiteLLM does not start.
      ...{ REDIS_HOST: 'openclaw-redis', REDIS_PORT: '6379', REDIS_PASSWORD: '' },
      ...{ HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl },
      NO_PROXY: 'openclaw-redis,localhost,127.0.0.1',
    },
    networks: ['openclaw-net'],
    ...unprivileged,
    depends_on: healthy('redis', 'openclaw-egress'),
    healthcheck: check(['CMD', 'python3', '-c', askLitellm], '60s'),
    ...bounds('2.0', '2G'),
    ...restart,
  };
}

/** Its image has Python for certain. */
const askLitellm =
  'import urllib.request; urllib.request.urlopen("http://127.0.0.1:4000/health/liveliness")';

const egress = {
  build: { context: './build/smokescreen' },
  container_name: 'openclaw-egress',
  command: [
    '--config-file=/etc/smokescreen/config.yaml',
    '--egress-acl-file=/etc/smokescreen/acl.yaml',
    '--listen-ip=0.0.0.0',
    ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((range) => `--deny-range=${range}`),
  ],
  volumes: [
    './config/smokescreen.yaml:/etc/smokescreen/config.yaml:ro',
    './config/smokescreen-acl.yaml:/etc/smokescreen/acl.yaml:ro',
  ],
  networks: ['openclaw-net', 'egress-net'],
  read_only: true,
  tmpfs: ['/tmp:size=16M'],
  ...unprivileged,
  // Of Alpine itself: what its image has.
  healthcheck: check(['CMD', 'nc', '-z', '127.0.0.1', '4750'], '10s'),
  ...bounds('0.5', '128M'),
  ...restart,
};

const redis = {
  image: images.redis,
  container_name: 'openclaw-redis',
  command: [
    ...['redis-server', '--maxmemory', '256mb', '--maxmemory-policy', 'allkeys-lru'],
    ...['--save', '300 10', '--appendonly', 'no', '--protected-mode', 'no'],
    ...['--loadmodule', '/opt/redis-stack/lib/redisearch.so'],
  ],
  volumes: ['redis-data:/data'],
  networks: ['openclaw-net'],
  read_only: true,
  tmpfs: ['/tmp:size=32M'],
  ...unprivileged,
  healthcheck: check(['CMD', 'redis-cli', 'ping'], '10s'),
  ...bounds('0.5', '512M'),
  ...restart,
};

function switched(value: string) {
  return (name: string) => [name, value] as const;
}

function check(test: readonly string[], start_period: string): object {
  return { test, interval: '30s', timeout: '5s', retries: 3, start_period };
}

function bounds(cpus: string, memory: string): object {
  return { deploy: { resources: { limits: { cpus, memory } } } };
}

function healthy(...names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, { condition: 'service_healthy' }]));
}
