// Kept answers stay with those they were made for, are given out within a bound, and their texts go
// to nobody who is not asked anyway.

import { canonicalHost, type Host } from '../policy/host.ts';
import { hostPatterns } from '../policy/host-pattern.ts';
import type { LlmRules } from '../roles/llm/settings.ts';
import { hostsOfRule } from '../topology/egress-rules.ts';
import type { Service, Topology } from '../topology/model.ts';
import type { Check, Fault } from './check.ts';
import { placeOf } from './place-text.ts';

type Cache = NonNullable<LlmRules['cache']>;

export const answerCache: Check = {
  id: 'answer-cache',
  invariant: 'A kept answer goes to those it was made for, and is right as often as is declared.',
  because:
    'An agent acts on what it is told: one that can write an answer for others can make them act, ' +
    'and so does an answer to another question.',
  *find({ topology }) {
    for (const service of topology.services) {
      if (service.run.role !== 'llm' || service.run.rules.cache === null) continue;
      const { rules } = service.run;
      const { cache } = service.run.rules;
      const fault = (message: string, fix: string): Fault => ({
        ...{ severity: 'warning', about: service.name, message, fix, at: placeOf(cache.at) },
      });
      yield* sharing(cache, fault);
      yield* meaning(cache, fault);
      yield* strangers(cache, rules, fault);
      yield* unreachable(cache, rules, topology, fault);
      yield* memory(cache, service, fault);
    }
  },
};

type Say = (message: string, fix: string) => Fault;

function* sharing({ share }: Cache, say: Say): Iterable<Fault> {
  const whom = { everyone: 'every caller', caller: 'every key and session of a caller' };
  if (share !== 'everyone' && share !== 'caller') return;
  yield say(
    `answers are shared by ${whom[share]}: what one of them asked others can find out, and what ` +
      'one was told, by whatever it had read, others are told too',
    'Write share: session, or share: key where all sessions of a key are of one mind.',
  );
}

function* meaning({ mode, tools, semantic }: Cache, say: Say): Iterable<Fault> {
  if (mode !== 'semantic') return;
  if (semantic.policy === 'fixed') {
    yield say(
      `a similarity of ${semantic.threshold} decides what is the same question, and nothing bounds ` +
        'how often that is wrong',
      'Write policy: verified, with the errorMax that you can live with.',
    );
  }
  if (tools === 'semantic') {
    yield say(
      'answers that call tools are given to questions that are only similar: the agent then does ' +
        'what was meant for another one',
      'Write tools: exact, or tools: never.',
    );
  }
}

/** Texts of users go to whoever makes the vectors or judges. */
function* strangers(cache: Cache, rules: LlmRules, say: Say): Iterable<Fault> {
  const { embedding } = cache;
  const asked = new Set(
    rules.models
      .filter(({ name }) => cache.models === null || cache.models.includes(name))
      .filter(({ name }) => embedding.kind !== 'model' || embedding.model !== name)
      .flatMap(({ deployments }) => deployments.map(({ provider }) => provider)),
  );
  for (const [what, name] of modelsBeside(cache)) {
    for (const provider of providersOf(rules, name)) {
      if (asked.has(provider)) continue;
      yield say(
        `the ${what} is asked at ${provider}, so texts meant for ${[...asked].join(', ')} go there too`,
        'Name a model of a provider that gets them anyway, or leave it out.',
      );
    }
  }
}

function* unreachable(
  cache: Cache,
  rules: LlmRules,
  topology: Topology,
  say: Say,
): Iterable<Fault> {
  const own = new Set(topology.services.map(({ name }) => name));
  const reaches = reachOfLlm(topology);
  for (const [what, name] of modelsBeside(cache)) {
    for (const provider of providersOf(rules, name)) {
      const url = rules.providers.find((one) => one.name === provider)?.baseUrl ?? '';
      const host = URL.canParse(url) ? canonicalHost(new URL(url).hostname) : null;
      if (host === null || own.has(host.text) || reaches(host)) continue;
      yield say(
        `the ${what} is asked at ${host.text}, where egress does not let llm through: it will ` +
          'never answer',
        'Let it through, or leave it out.',
      );
    }
  }
}

function reachOfLlm({ services }: Topology): (host: Host) => boolean {
  const rules = services.flatMap(({ run }) => (run.role === 'egress' ? [run.rules] : []));
  const allowed = rules.flatMap(({ rules: each, globalAllow = [] }) => [
    ...each.filter(({ caller }) => caller === 'llm').flatMap(hostsOfRule),
    ...globalAllow,
  ]);
  const allow = hostPatterns(allowed);
  const deny = hostPatterns(rules.flatMap(({ globalDeny = [] }) => globalDeny));
  const isOpen = allowed.includes('**');
  return (host) => deny.find(host) === null && (isOpen || allow.find(host) !== null);
}

/** Beside the answers: bodies that are being relayed, vectors, the program itself. */
const shareOfMemory = 0.5;

function* memory({ limits }: Cache, { rights }: Service, say: Say): Iterable<Fault> {
  if (limits.bytesMax <= rights.memoryBytesMax * shareOfMemory) return;
  const most = Math.floor((rights.memoryBytesMax * shareOfMemory) / 1024 / 1024);
  yield say(
    `the cache may hold ${Math.ceil(limits.bytesMax / 1024 / 1024)} MiB of answers, more than half ` +
      'of the memory that llm has',
    `Write limits: { bytesMax: ${most * 1024 * 1024} } or less.`,
  );
}

/** Those that the cache asks itself, with what for. */
function modelsBeside({
  mode,
  embedding,
  semantic,
}: Cache): readonly (readonly [string, string])[] {
  if (mode !== 'semantic') return [];
  return [
    ...(embedding.kind === 'model' ? [['embedding', embedding.model] as const] : []),
    ...(semantic.judge === null ? [] : [['judge', semantic.judge.model] as const]),
  ];
}

function providersOf({ models }: LlmRules, name: string): readonly string[] {
  const found = models.find((model) => model.name === name);
  return [...new Set(found?.deployments.map(({ provider }) => provider))];
}
