// A plan as a Compose file: pure, the same bytes from the same plan. Everything that all services
// have in common is said once, at the top; what is left of a service is what makes it one.

import { Document, isScalar, type Pair, visit, type YAMLMap } from 'yaml';
import type { BridgeEnd, ServicePlan } from '../../plan/model.ts';
import { bridgesIn, edgeNetwork, networkOf } from './compose-network.ts';
import { configsOf, secretsOf, serviceOf, volumesOf } from './compose-service.ts';
import type { ComposeStack } from './model.ts';

const anchors = { service: 'every-service', network: 'edge-network' } as const;
/** A list of words no longer than this stays on its line. */
const lineLength = 76;

/** What no service is without, whatever it does. */
const everyService = {
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  pull_policy: 'never',
  // After a daemon was killed, the next one takes what it ends for stopped by hand.
  restart: 'always',
  stop_grace_period: '10s',
  logging: { driver: 'json-file', options: { 'max-size': '16m', 'max-file': '2' } },
} as const;

/** Ends with a newline. */
export function renderCompose(stack: ComposeStack): string {
  const bridges = bridgesIn(stack.services.map(({ plan }) => plan));
  const volumes = volumesOf(stack);
  const document = new Document(
    {
      name: stack.project,
      [`x-${anchors.service}`]: everyService,
      ...(bridges.some(isEdge) ? { [`x-${anchors.network}`]: edgeNetwork } : {}),
      services: Object.fromEntries(
        stack.services.map((service) => [service.plan.name, serviceOf(service, stack)]),
      ),
      ...nonEmpty('networks', Object.fromEntries(bridges.map(networkOf))),
      ...nonEmpty('volumes', volumes),
      configs: configsOf(stack),
      ...nonEmpty('secrets', secretsOf(stack)),
    },
    { merge: true, aliasDuplicateObjects: false },
  );
  shareWhatAllHave(document, bridges);
  keepShortListsOnTheirLine(document);
  comment(document, stack, bridges);
  return document.toString({ lineWidth: 100, singleQuote: true });
}

function nonEmpty(key: string, value: Readonly<Record<string, unknown>>) {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

function isEdge({ kind }: BridgeEnd): boolean {
  return kind === 'edge';
}

/** The parts in common are taken by reference, and said where they are. */
function shareWhatAllHave(document: Document, bridges: readonly BridgeEnd[]): void {
  const edges = new Set(bridges.filter(isEdge).map(({ bridge }) => bridge));
  const share = (name: string, section: string, takes: (key: string) => boolean) => {
    const shared = document.get(`x-${name}`, true) as YAMLMap | undefined;
    const items = (document.get(section) as YAMLMap<unknown, YAMLMap> | undefined)?.items ?? [];
    for (const { key, value } of items) {
      if (shared === undefined || !takes(keyText(key))) continue;
      const pair = document.createPair('<<', document.createAlias(shared, name));
      value?.items.unshift(pair as Pair<never, never>);
    }
  };
  share(anchors.service, 'services', () => true);
  share(anchors.network, 'networks', (name) => edges.has(name));
}

function keepShortListsOnTheirLine(document: Document): void {
  visit(document, {
    Seq: (_, list) => {
      const words = list.items.map((item) => (isScalar(item) ? String(item.value) : null));
      if (words.includes(null)) return;
      list.flow =
        words.join(', ').length <= lineLength && !words.some((word) => word?.includes(':/'));
    },
  });
}

function comment(document: Document, stack: ComposeStack, bridges: readonly BridgeEnd[]): void {
  document.commentBefore = [
    ' Written by clincher from its configuration: change that, not this.',
    ' `docker compose up` beside it brings the stack up as `clincher up` does.',
  ].join('\n');
  above(
    document,
    [`x-${anchors.service}`],
    'What every service has, and no line below takes back.',
  );
  above(document, [`x-${anchors.network}`], edgeNetworkText);
  above(document, ['services'], null);
  for (const { plan } of stack.services) {
    above(document, ['services', plan.name], reachText(plan), plan !== stack.services[0]?.plan);
  }
  const isShared = bridges.some(({ kind }) => kind === 'shared');
  above(document, ['networks'], isShared ? sharedNetworksText : edgeNetworksText);
  for (const [index, bridge] of bridges.entries()) {
    above(document, ['networks', bridge.bridge], bridgeText(bridge), index > 0);
  }
  above(document, ['volumes'], 'A folder in memory for each edge: the callee listens in it.');
  above(document, ['configs'], 'What each service is told; no secret is in here.');
  above(document, ['secrets'], 'A file each, in the containers of those who hold it alone.');
}

const edgeNetworksText = 'A network for each edge: its two ends are on it, and nobody else.';
const sharedNetworksText =
  'A network for each zone: whoever is on one reaches everybody on it, declared or not.';
const edgeNetworkText = [
  'It leads nowhere. Without either option whoever is on it would reach what listens on the host:',
  ' the first is for engines before 28.0, the second for those since.',
].join('\n');

function reachText({ name, dials, reaches = [] }: ServicePlan): string {
  const short = (edge: string) => edge.slice(name.length + '--'.length);
  const edges = [...dials, ...reaches].map(({ edge }) => short(edge));
  return edges.length === 0 ? 'calls nobody' : `calls ${edges.join(', ')}`;
}

function bridgeText({ bridge, kind, purpose, zone }: BridgeEnd): string {
  if (bridge === zone) return purpose;
  const [from, to] = bridge.slice(bridge.indexOf('.') + 1).split('--');
  if (kind === 'edge') return `${from} -> ${to}: ${purpose}`;
  if (kind === 'way-out') return `${from} -> internet: ${purpose}`;
  return [
    `world -> ${from}: ${purpose}. Ports of an internal network are not published; what`,
    ' leaves here keeps an address that nobody beyond the host has a way back to.',
  ].join('\n');
}

/** On the key, where the writer of YAML looks for it. */
function above(document: Document, path: readonly string[], text: string | null, space = true) {
  const parent = (path.length === 1 ? document.contents : document.getIn(path.slice(0, -1))) as
    | YAMLMap
    | undefined;
  const pair = parent?.items.find(({ key }) => keyText(key) === path.at(-1));
  if (pair === undefined) return;
  const key = document.createNode(path.at(-1)) as { commentBefore?: string; spaceBefore?: boolean };
  if (text !== null) key.commentBefore = ` ${text}`;
  key.spaceBefore = space;
  pair.key = key as never;
}

function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null && 'value' in key
    ? String(key.value)
    : String(key);
}
