// What a service of a found stack is: told by its image or its name, and by what others are told of
// it. Who is pointed at by HTTPS_PROXY is a proxy, whatever its image is called.

import type { FoundService, FoundStack } from './model.ts';

export type Part =
  | 'agent'
  | 'docker-proxy'
  | 'llm-proxy'
  | 'egress-proxy'
  | 'ingress'
  | 'store'
  | 'dashboard'
  | 'other';

/** The first that an image's name, or the service's own, has in it. */
const known: readonly (readonly [Part, RegExp])[] = [
  ['docker-proxy', /socket-?proxy|docker-?proxy|dockerproxy|cetusguard/],
  ['llm-proxy', /litellm|portkey|one-api|new-api|bifrost|llm-?(proxy|gateway|router)|^llm$/],
  [
    'egress-proxy',
    /smokescreen|squid|tinyproxy|iron-proxy|mitmproxy|privoxy|goproxy|3proxy|egress/,
  ],
  ['dashboard', /grafana|prometheus|alertmanager|uptime-kuma|portainer|dozzle|netdata|cadvisor/],
  ['dashboard', /redis-?(insight|commander)|adminer|pgadmin|phpmyadmin|mongo-express|open-webui/],
  ['dashboard', /loki|kibana|n8n|flowise|langfuse|jaeger|glances|homepage|code-server/],
  ['ingress', /cloudflared|caddy|nginx|traefik|envoy|haproxy|swag|tailscale|ngrok/],
  ['store', /redis|valkey|keydb|dragonfly|memcached|postgres|mariadb|mysql|mongo|qdrant|weaviate/],
  ['agent', /openclaw|clawdbot|moltbot|nemoclaw|hermes|agent/],
];

const proxySettings = /^(https?|all)_proxy$/i;

/** `agent` names the service that the agent is in, where its image does not say it. */
export function partsOf(stack: FoundStack, agent: string | null): ReadonlyMap<string, Part> {
  const pointedAt = (settings: RegExp) =>
    new Set(
      stack.services.flatMap((one) =>
        one.settings.flatMap(({ name, value }) => (settings.test(name) ? hostOf(value ?? '') : [])),
      ),
    );
  const proxies = pointedAt(proxySettings);
  const dockers = pointedAt(/^DOCKER_HOST$/);
  return new Map(
    stack.services.map((service) => {
      if (service.name === agent) return [service.name, 'agent'];
      if (proxies.has(service.name)) return [service.name, 'egress-proxy'];
      if (dockers.has(service.name)) return [service.name, 'docker-proxy'];
      return [service.name, byName(service)];
    }),
  );
}

function byName({ name, image }: FoundService): Part {
  const last = image.toLowerCase().replace(/[@:][^/]*$/, '');
  // The image says more than a name that somebody chose.
  const found = [last, name.toLowerCase()].flatMap((text) =>
    known.filter(([, form]) => form.test(text)).slice(0, 1),
  );
  return found[0]?.[0] ?? 'other';
}

/** `http://egress:4750` names `egress`. */
export function hostOf(url: string): string[] {
  const found = /^[a-z0-9+]+:\/\/(?:[^@/]*@)?([^:/?#]+)/i.exec(url)?.[1];
  return found === undefined ? [] : [found];
}

export function isProxySetting(name: string): boolean {
  return proxySettings.test(name);
}
