// Pinned versions of what is not ours: the agent, and the images of the programs the topology
// names.

/**
 * From npm; the reference preset's older pin (2026.3.13) cannot be installed without a git host.
 */
export const openclawVersion = '2026.9.6';

/** From npm: what runs a model for the cache that is a file of the user's own. */
export const onnxRuntimeVersion = '1.30.0';

export const images = {
  /** OpenClaw's own name for the image of its sandboxes, which is built on the machine. */
  sandbox: 'openclaw-sandbox:bookworm-slim',
  redis: 'redis/redis-stack-server:7.4.0-v3',
  prometheus: 'prom/prometheus:v2.53.5',
  grafana: 'grafana/grafana:11.6.0',
  alertmanager: 'prom/alertmanager:v0.28.1',
  blackbox: 'prom/blackbox-exporter:v0.26.0',
  kuma: 'louislam/uptime-kuma:2.5.3',
  gatus: 'twinproduction/gatus:v5.17.0',
} as const;

/**
 * Of the stack that the preset `reference` is drawn after, as its own files pin them. The proxy
 * that it goes out by has no image: it is built, from this commit.
 */
export const upstream = {
  openclaw: 'ghcr.io/openclaw/openclaw:2026.3.13',
  litellm: 'ghcr.io/berriai/litellm:main-v1.81.3-stable',
  dockerProxy: 'ghcr.io/tecnativa/docker-socket-proxy:v0.4.2',
  smokescreenCommit: '1dca4519091993661e52ab18b370b2024078f75a',
  go: 'golang:1.22.12-alpine',
  alpine: 'alpine:3.20.6',
} as const;

/**
 * On the loopback of the gateway's jail: where the agent listens, and where it finds its callees.
 */
export const agentPorts = {
  gateway: 18_789,
  llm: 4_000,
  dockerProxy: 2_375,
  egress: 4_750,
  sandbox: 2_222,
  /** Callees of the user's own whose port has no number get one from here upwards. */
  first: 4_800,
} as const;
