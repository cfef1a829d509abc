// The program that all services run is the same folder in each of them: who searches it for secrets
// is one of them, for all. That it is the same is said by rows of their mounts and images.

import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import type { SecretsResult } from './probes/secrets.ts';
import type { Surveyed } from './survey.ts';

/** By service, who searches the program for it: itself, or another that has the same. */
export function searchersOf(services: readonly ServicePlan[]): ReadonlyMap<string, string> {
  const ours = services.filter(({ container }) => container?.program === undefined);
  const byKind = Map.groupBy(ours, ({ container }) => container?.image ?? '');
  return new Map(
    [...byKind.values()].flatMap((same) =>
      same.map(({ name }): [string, string] => [name, same[0]?.name ?? name]),
    ),
  );
}

/** Folders that this one leaves to another. */
export function leftToOthers(name: string, searchers: ReadonlyMap<string, string>): string[] {
  return (searchers.get(name) ?? name) === name ? [] : [inside.program];
}

/** What was found for one is found in all; who gave no answer has not searched for anybody. */
export function withFound(
  services: readonly Surveyed[],
  searchers: ReadonlyMap<string, string>,
): Surveyed[] {
  return services.map((one) => {
    const searcher = searchers.get(one.name) ?? one.name;
    if (searcher === one.name) return one;
    const found = services.find(({ name }) => name === searcher)?.secrets;
    return { ...one, secrets: joined(one.secrets, found) };
  });
}

function joined(own: SecretsResult, found: SecretsResult | undefined): SecretsResult {
  if (found === undefined) return { ...own, complete: false };
  const isThere = ({ kind, where }: SecretsResult['hits'][number]) =>
    kind === 'file' && where.startsWith(`${inside.program}/`);
  return {
    ...own,
    hits: [...own.hits, ...found.hits.filter(isThere)],
    complete: own.complete && found.complete,
  };
}
