// What verification says: one row per thing tried, and the report they add up to.

import type { Place } from '../kit/place.ts';
import type { DriverName, Edge, External, Service, Zone } from '../topology/model.ts';

/**
 * open: it was reached. denied: something stands in the way, and we know what. down: the way is
 * there, nobody answers. absent: there is nothing to try. unknown: the attempt says neither, which
 * counts as a difference.
 */
export type State = 'open' | 'denied' | 'down' | 'absent' | 'unknown';

/** The ways in which something is tried; each has a hole in selftest/holes.ts that it must find. */
export const vias = [
  ...(['unix', 'abstract', 'tcp4', 'tcp6', 'udp4', 'udp6', 'icmp', 'dns', 'http'] as const),
  ...(['file', 'write', 'mount', 'secret', 'listener', 'rights', 'process', 'attack'] as const),
] as const;

export type Via = (typeof vias)[number];

/**
 * `outside`: reached, or reachable, because its declared network is `outside`; counted and shown
 * apart.
 */
export type Verdict = 'as-declared' | 'difference' | 'outside';

export interface Declared {
  /**
   * The edge's id, or what else of the plan declares it: `network outside`, `mount`, `inherits`.
   */
  readonly by: string;
  readonly at: Place;
}

export interface Row {
  /** The service that tried, or `people` where verification itself stood outside. */
  readonly from: string;
  /** A service, or one of: host, internet, metadata, resolver, docker.sock, kernel, secret NAME. */
  readonly to: string;
  readonly via: Via;
  /** What exactly was tried: an address, a path, a right. */
  readonly what: string;
  readonly declared: Declared | null;
  readonly observed: State;
  /** Who said no: a service that was asked, or `its isolation`; null where nobody did. */
  readonly deniedBy: string | null;
  readonly verdict: Verdict;
  /** What the machine answered, in words. */
  readonly evidence: string;
  /** What to do about it; null when there is nothing to do. */
  readonly fix: string | null;
  /** Where an attack was tried: its table, and what it must be told. */
  readonly attack?: AttackFacts | undefined;
}

export interface AttackFacts {
  readonly class: string;
  /** The property of the table: what holds where this fails. */
  readonly property: string;
  /** `403 host-not-allowed`, an errno. */
  readonly wanted: string;
}

/** A row in a report: it can be named, and says where it was declared, or left out. */
export interface ReportRow extends Row {
  /** Of who tried what: the same in every run. */
  readonly id: string;
  /** The line that declares the way; else that of the service, whose declaration leaves it out. */
  readonly at: Place;
}

/** Of the topology what a map of it needs, and no setting. */
export interface ReportMap {
  readonly zones: readonly Zone[];
  readonly services: readonly Pick<Service, 'name' | 'host' | 'zones' | 'at'>[];
  readonly externals: readonly External[];
  readonly edges: readonly Edge[];
}

export interface Report {
  readonly version: 1;
  /** 0 when nothing differs, 1 otherwise. */
  readonly exitCode: 0 | 1;
  /** SHA-256 of what was declared, as `clincher status` has it of what runs. */
  readonly topologyHash: string;
  readonly driver: DriverName;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly services: readonly string[];
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly map: ReportMap;
  /** Differences first; otherwise always in the same order. */
  readonly rows: readonly ReportRow[];
}
