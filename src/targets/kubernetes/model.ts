// What manifests are written from: the plan of each service, and what of the cluster is chosen.

import type { ServicePlan } from '../../plan/model.ts';
import type { Topology } from '../../topology/model.ts';

export interface KubernetesStack {
  readonly topology: Topology;
  readonly services: readonly PodPlan[];
  readonly namespace: string;
  /** What goes before the name of an image: `registry.example.com/`; empty: nothing. */
  readonly registry: string;
  /**
   * How the way out is held to names: by egress alone, whose pod may reach any public address on
   * its ports; or by Cilium too, which lets it reach what these names stand for.
   */
  readonly names: 'egress' | 'cilium';
}

export interface PodPlan {
  readonly plan: ServicePlan;
  /** What runs: an absolute program and its arguments. */
  readonly argv: readonly string[];
  /** What asks the admin socket, whose path is its last argument: exits with 0 when ready. */
  readonly health: readonly string[];
}

/** An object of the cluster, and what a reader is told of it. */
export interface Manifest {
  readonly comment: string;
  readonly object: Readonly<Record<string, unknown>> & { readonly kind: string };
}

/** The label that policies go by; nothing else in the namespace may have it. */
export const serviceLabel = 'clincher.service';

export function labelsOf({ name }: Pick<ServicePlan, 'name'>): Readonly<Record<string, string>> {
  return { [serviceLabel]: name, 'app.kubernetes.io/part-of': 'clincher' };
}

/** The cluster's own resolver, as every common distribution labels it. */
export const clusterDns = {
  namespace: { 'kubernetes.io/metadata.name': 'kube-system' },
  pods: { 'k8s-app': 'kube-dns' },
  port: 53,
} as const;
