// Who can read which secret: what the search inside found, and what the host sees in arguments and
// environments.

import type { Secret } from '../kit/secret.ts';
import { inside } from '../plan/paths.ts';
import { judge } from './judge.ts';
import type { Row } from './model.ts';
import type { SecretHit } from './probes/secrets.ts';
import { needlesOf } from './secret-search.ts';
import type { Surveyed } from './survey.ts';

export function secretRows(from: Surveyed, secrets: ReadonlyMap<string, Secret>): Row[] {
  return [...secrets].flatMap(([name, value]) => {
    const needles = needlesOf(value.reveal());
    if (needles.length === 0) return [];
    const hits = [
      ...from.secrets.hits.filter(({ secret }) => secret === name),
      ...inspectedHits(from, name, needles),
    ];
    return from.plan.secrets.includes(name)
      ? heldRows(from, name, hits)
      : notHeldRows(from, name, hits);
  });
}

/** Every place counts, once. */
function notHeldRows(from: Surveyed, name: string, hits: readonly SecretHit[]): Row[] {
  const { complete, files, bytes, unreadable } = from.secrets;
  if (hits.length > 0) return hits.map((hit) => leak(from, name, hit));
  // What it cannot read of its own processes, the host has read for it.
  const seen = unreadable.length === 0 || from.inspection.processes.length > 0;
  return [
    judge({
      from: from.name,
      to: `secret ${name}`,
      via: 'secret',
      what: 'files, arguments, environments',
      declared: null,
      observed: complete && seen ? 'denied' : 'unknown',
      evidence: `not in ${files} files (${bytes} bytes) nor in any process`,
      fix: `${from.name} has more files than verification searches; find out what fills it.`,
    }),
  ];
}

/**
 * Its holder finds it in the file made for it and may copy it into its own state; never into argv
 * or env.
 */
function heldRows(from: Surveyed, name: string, hits: readonly SecretHit[]): Row[] {
  const path = `${inside.secrets}/${name}`;
  const there = hits.some(({ kind, where }) => kind === 'file' && where === path);
  const exposed = hits.filter(({ kind }) => kind !== 'file');
  const declared = { by: `holds ${name}`, at: from.service.at };
  const held = judge({
    from: from.name,
    to: `secret ${name}`,
    via: 'secret',
    what: path,
    declared,
    observed: there ? 'open' : 'absent',
    evidence: there ? 'its file holds the value' : 'its file is missing or holds another value',
    fix: `Restart ${from.name}: it does not hold the ${name} that is in the store.`,
  });
  return [held, ...exposed.map((hit) => leak(from, name, hit))];
}

function leak(from: Surveyed, name: string, hit: SecretHit): Row {
  return judge({
    from: from.name,
    to: `secret ${name}`,
    via: 'secret',
    what: hit.where,
    declared: null,
    observed: 'open',
    evidence: `its value was found there (${hit.kind})`,
    fix: `Replace ${name} (it has leaked), and restart ${from.name} as planned.`,
  });
}

/**
 * The host sees every process of the service, those included that the service itself cannot read.
 * What the search inside has named already is not said twice.
 */
function inspectedHits(from: Surveyed, secret: string, needles: readonly string[]): SecretHit[] {
  const holds = (text: string) => needles.some((needle) => text.includes(needle));
  const inside = from.secrets.hits.filter((hit) => hit.secret === secret);
  const known = (kind: SecretHit['kind'], start: string) =>
    inside.some((hit) => hit.kind === kind && hit.where.startsWith(`${start} of process`));
  return from.inspection.processes.flatMap(({ pid, argv, env }) => {
    const hits: SecretHit[] = Object.entries(env)
      .filter(([variable, value]) => holds(value) && !known('env', variable))
      .map(([variable]) => ({ secret, kind: 'env', where: `${variable} of host process ${pid}` }));
    if (argv.some(holds) && !known('argv', 'arguments')) {
      hits.push({ secret, kind: 'argv', where: `arguments of host process ${pid}` });
    }
    return hits;
  });
}
