// Adds rows up to a report: one row for each thing tried, with a name and a place of its own, what
// differs first, and otherwise in an order that is the same in every run.

import { createHash } from 'node:crypto';
import { defaultPlace, type Place } from '../kit/place.ts';
import type { Plan } from '../plan/model.ts';
import type { Topology } from '../topology/model.ts';
import type { Report, ReportMap, ReportRow, Row, Verdict } from './model.ts';

const order: readonly Verdict[] = ['difference', 'outside', 'as-declared'];

export interface Run {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}

export function reportOf(
  rows: readonly Row[],
  topology: Topology,
  plan: Plan,
  { startedAt, durationMs }: Run,
): Report {
  const sorted = rows
    .map((row): ReportRow => ({ id: idOf(row), at: placeOf(row, topology), ...row }))
    .toSorted((a, b) => rank(a) - rank(b) || compare(sortKey(a), sortKey(b)));
  // Of two with the same name the worse one stays: it comes first.
  const once = [...new Map(sorted.toReversed().map((row) => [row.id, row])).values()].reverse();
  const count = (verdict: Verdict) => once.filter((row) => row.verdict === verdict).length;
  const counts = {
    difference: count('difference'),
    outside: count('outside'),
    'as-declared': count('as-declared'),
  };
  return {
    version: 1,
    // Nothing tried is not a proof of anything.
    exitCode: counts.difference > 0 || rows.length === 0 ? 1 : 0,
    topologyHash: plan.topologyHash,
    driver: plan.driver,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round(durationMs),
    services: plan.services.map(({ name }) => name),
    counts,
    map: mapOf(topology),
    rows: once,
  };
}

/** Sixty bits, so that two rows of one report do not meet. */
function idOf({ from, to, via, what }: Row): string {
  const text = JSON.stringify([from, to, via, what]);
  return createHash('sha256').update(text).digest('hex').slice(0, 15);
}

/**
 * What declares the way; else the edge that a guard was asked over, the secret that was looked for,
 * the services. Of those the first that a line declares: what the others have is a default.
 */
function placeOf({ from, to, deniedBy, what, declared }: Row, topology: Topology): Place {
  if (declared !== null) return declared.at;
  const { services, secrets, zones, edges } = topology;
  const guard = deniedBy ?? / through (\S+)$/.exec(what)?.[1];
  const secret = /^secret (.*)$/.exec(to)?.[1];
  const places = [
    edges.find((edge) => edge.from === from && edge.to === guard),
    secrets.find(({ name }) => name === secret),
    edges.find((edge) => edge.from === from && edge.to === to),
    ...[from, to].map((name) => services.find((service) => service.name === name)),
    zones[0],
  ].flatMap((one) => one?.at ?? []);
  return places.find(({ line }) => line > 0) ?? places[0] ?? defaultPlace();
}

function rank({ verdict }: Row): number {
  return order.indexOf(verdict);
}

function sortKey({ from, to, via, what, observed }: Row): string {
  return JSON.stringify([from, to, via, what, observed]);
}

/** By code units: a locale would be another order elsewhere. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function mapOf({ zones, services, externals, edges }: Topology): ReportMap {
  return {
    ...{ zones, externals, edges },
    services: services.map(({ name, host, zones: inZones, at }) => ({
      name,
      host,
      zones: inZones,
      at,
    })),
  };
}
