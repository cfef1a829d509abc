// What the driver contract is told of the driver it tests, and asks in its stead.

import type { ServicePlan } from '../plan/model.ts';
import type { IngressListen } from '../topology/model.ts';
import type { TinySettings } from './tiny-serve.ts';

/** In what a driver's services differ, by how it keeps them apart. */
export interface DriverShape {
  /** Of a service without an edge, and of the two ends of one. */
  readonly interfaces: { readonly alone: readonly string[]; readonly onEdge: readonly string[] };
  /** What the names below /run/clincher/in and out of a caller are. */
  readonly edgeFolders: readonly [unknown, unknown];
  /** Paths that every service has of the platform's own making. */
  readonly ownPaths: readonly string[];
  /** What the two ends of one edge are planned with, and where the caller dials. */
  edge(): {
    readonly callee: Told;
    readonly caller: Told;
    readonly address: string | { readonly host: string; readonly port: number };
    /** What who is not on the edge is told when it dials there. */
    readonly stranger: string;
  };
  /** A service that the world comes in by. */
  door(listen: IngressListen): Told;
}

export interface Told {
  readonly settings: Partial<TinySettings>;
  readonly plan: Partial<ServicePlan>;
}
