// Doors to the world, and who asks whom who they are.

import type { Check, Fault } from '../../check/check.ts';
import type { FoundService } from '../model.ts';
import { isOurs, type StackView, settingOf } from '../view.ts';

export const ports: Check<StackView> = {
  id: 'stack-ports',
  invariant: 'Only the reverse proxy is published, and the rest on loopback if at all.',
  because:
    "Docker's rules for published ports come before those of the host's firewall (UFW, firewalld): " +
    'what is published is open to the world, whatever the firewall says.',
  *find(view) {
    for (const service of view.stack.services) {
      const isDoor = view.part(service) === 'ingress';
      const world = service.ports.filter(({ host }) => !/^(127\.|::1$|localhost$)/.test(host));
      for (const { host, published, target, at } of world) {
        const where = ['', '0.0.0.0', '::'].includes(host) ? 'on every address' : `on ${host}`;
        yield {
          severity: isDoor ? 'warning' : 'fatal',
          about: service.name,
          message: `${service.name} is published ${where}: ${published || 'some port'} to ${target}`,
          fix: isDoor
            ? 'Publish on one chosen address, and bound who may come in the chain DOCKER-USER.'
            : 'Publish on 127.0.0.1, or not at all: the reverse proxy reaches it by a network.',
          at,
        };
      }
    }
  },
};

export const tokens: Check<StackView> = {
  id: 'stack-tokens',
  invariant: 'Whoever can be reached asks who calls.',
  because: 'On a network the only thing that tells the agent from anybody else is what it shows.',
  *find(view) {
    for (const service of view.stack.services) {
      const fault = doorOf(service, view);
      if (fault === null) continue;
      const { name } = service;
      const [what, fix, at = service.at] = fault;
      yield { severity: 'fatal', about: name, message: `${name} ${what}`, fix, at };
    }
  },
};

type Lack = readonly [what: string, fix: string, at?: Fault['at'] | undefined];

function doorOf(service: FoundService, view: StackView): Lack | null {
  const isReached = service.ports.length > 0 || view.neighbours(service).length > 0;
  const isHost = service.networkMode === 'host';
  if ((!isReached && !isHost) || isOurs(service)) return null;
  const part = view.part(service);
  if (part === 'agent') return agentDoor(service, view);
  if (part === 'store') return storeDoor(service, view);
  if (part === 'llm-proxy') return modelDoor(service, view);
  return part === 'dashboard' || part === 'ingress' ? pageDoor(service) : null;
}

function agentDoor(service: FoundService, view: StackView): Lack | null {
  const { words, settings, secrets } = service;
  const texts = view.filesOf(service).map(({ text }) => text);
  const weak = /(dangerously\w+|allowInsecureAuth)["']?\s*[:=]\s*true/;
  const told = [...words, ...texts, ...settings.map((one) => `${one.name}=${one.value}`)];
  const [, which] = told.map((text) => weak.exec(text)).find((one) => one !== null) ?? [];
  if (which !== undefined) {
    return [`is told ${which}: who opens its page needs no device that was paired`, 'Take it out.'];
  }
  const isNone = /(^| )--auth[= ]none( |$)/.test(words.join(' '));
  const hasToken =
    settings.some(({ name, value }) => /GATEWAY_(TOKEN|PASSWORD)$/.test(name) && value !== '') ||
    words.some((word) => /^--(token|password)\b/.test(word)) ||
    secrets.some((name) => /token|password/i.test(name)) ||
    texts.some((text) => /["']?(token|password)["']?\s*:/.test(text));
  if (hasToken && !isNone) return null;
  return [
    'has no token: whoever reaches its port is its operator',
    'Set OPENCLAW_GATEWAY_TOKEN from a file, and bind it to loopback behind the reverse proxy.',
  ];
}

function storeDoor(service: FoundService, view: StackView): Lack | null {
  const { image, words, settings } = service;
  if (settingOf(service, 'POSTGRES_HOST_AUTH_METHOD')?.value === 'trust') {
    return ['takes everybody for its owner (trust)', 'Use scram-sha-256 and a password.'];
  }
  if (!/redis|valkey|keydb|dragonfly/.test(image)) return null;
  const texts = view.filesOf(service).map(({ text }) => text);
  // The official image looks at no variable but this; a password in another is none.
  const heard = settings.filter((one) => one.name === 'REDIS_ARGS' || /bitnami/.test(image));
  const set = heard.map((one) => `${one.name} ${one.value ?? one.written}`);
  const said = [...words, ...texts, ...set, ...service.secrets];
  if (said.some((text) => /requirepass|aclfile|(redis|valkey|keydb)[-_]password/i.test(text))) {
    return null;
  }
  return [
    'asks nobody for a password: who is on its network reads and writes all of it',
    'Set `requirepass` in a file, and give it a network with its one client.',
  ];
}

function modelDoor(service: FoundService, view: StackView): Lack | null {
  if (!/litellm/.test(service.image)) return null;
  const texts = view.filesOf(service).map(({ text }) => text);
  const hasKey =
    settingOf(service, 'LITELLM_MASTER_KEY') !== undefined ||
    service.secrets.some((name) => /master/i.test(name)) ||
    texts.some((text) => /^\s*master_key\s*:/m.test(text));
  if (hasKey) return null;
  return ['has no master key: every call is served', 'Set LITELLM_MASTER_KEY from a file.'];
}

/** Programs whose pages have no sign-in of their own. */
const openPages =
  /prometheus|alertmanager|dozzle|redis-commander|cadvisor|glances|loki|jaeger|homepage|netdata/;

function pageDoor(service: FoundService): Lack | null {
  const { image, words, ports } = service;
  const value = (name: string) => settingOf(service, name)?.value;
  const at = (name: string) => settingOf(service, name)?.at;
  if (words.some((word) => /^--api\.insecure(=true)?$/.test(word))) {
    return ['shows its API and dashboard to everybody (--api.insecure)', 'Take it out.'];
  }
  if (value('GF_AUTH_ANONYMOUS_ENABLED') === 'true') {
    const place = at('GF_AUTH_ANONYMOUS_ENABLED');
    return ['lets people in without a name', 'Take GF_AUTH_ANONYMOUS_ENABLED out.', place];
  }
  const isGrafana = /grafana\/grafana/.test(image);
  const admin = settingOf(service, 'GF_SECURITY_ADMIN_PASSWORD');
  const fromFile = settingOf(service, 'GF_SECURITY_ADMIN_PASSWORD__FILE') !== undefined;
  if (isGrafana && !fromFile && (admin === undefined || admin.value === 'admin')) {
    return ['has the password that everybody knows', 'Set GF_SECURITY_ADMIN_PASSWORD__FILE.'];
  }
  const isOpen = openPages.test(image) && !words.some((word) => /web\.config\.file/.test(word));
  if (!isOpen || ports.length === 0) return null;
  return ['has no sign-in, and is published', 'Put it behind a reverse proxy that asks for one.'];
}
