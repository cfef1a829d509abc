// Manifests read back, as a cluster would: the pods that would run, what is bound to them, and the
// policies. Only what decides who reaches whom is read; what is not understood is refused.

import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { ClincherError } from '../../../kit/error.ts';

const labels = z.record(z.string(), z.string());
const selector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});
const policyPort = z.strictObject({
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
  port: z.union([z.number(), z.string()]).optional(),
  endPort: z.number().optional(),
});
const peer = z.strictObject({
  podSelector: selector.optional(),
  namespaceSelector: selector.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
});
const ports = z.array(policyPort).optional();
const networkPolicy = z.strictObject({
  podSelector: selector,
  policyTypes: z.array(z.enum(['Ingress', 'Egress'])).optional(),
  ingress: z.array(z.strictObject({ from: z.array(peer).optional(), ports })).optional(),
  egress: z.array(z.strictObject({ to: z.array(peer).optional(), ports })).optional(),
});
const dnsName = z.union([
  z.strictObject({ matchName: z.string() }),
  z.strictObject({ matchPattern: z.string() }),
]);
const ciliumPort = z.strictObject({
  ports: z.array(z.strictObject({ port: z.string(), protocol: z.enum(['TCP', 'UDP', 'ANY']) })),
  rules: z.strictObject({ dns: z.array(dnsName) }).optional(),
});
const ciliumPolicy = z.strictObject({
  endpointSelector: selector,
  egress: z.array(
    z.strictObject({
      toEndpoints: z.array(selector).optional(),
      toFQDNs: z.array(dnsName).optional(),
      toCIDR: z.array(z.string()).optional(),
      toPorts: z.array(ciliumPort),
    }),
  ),
});
const metadata = z.looseObject({ name: z.string(), namespace: z.string().optional() });
const podTemplate = z.looseObject({
  metadata: z.looseObject({ labels }),
  spec: z.looseObject({
    hostNetwork: z.boolean().optional(),
    containers: z.array(
      z.looseObject({
        ports: z
          .array(z.looseObject({ containerPort: z.number(), hostPort: z.number().optional() }))
          .optional(),
      }),
    ),
  }),
});
const workload = z.looseObject({ metadata, spec: z.looseObject({ template: podTemplate }) });

export type Selector = z.infer<typeof selector>;
export type PolicyPeer = z.infer<typeof peer>;
export type PolicyPort = z.infer<typeof policyPort>;
export type DnsName = z.infer<typeof dnsName>;
export type NetworkPolicy = z.infer<typeof networkPolicy> & { readonly namespace: string };
export type CiliumPolicy = z.infer<typeof ciliumPolicy> & { readonly namespace: string };
export type Labels = Readonly<Record<string, string>>;

export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  /** Then no policy holds for it. */
  readonly onHost: boolean;
  readonly ports: readonly number[];
}

export interface ReadManifests {
  readonly pods: readonly Pod[];
  readonly policies: readonly NetworkPolicy[];
  readonly cilium: readonly CiliumPolicy[];
}

/** Kinds that let nobody reach anybody. */
const silent = ['Namespace', 'ConfigMap', 'Service', 'PersistentVolumeClaim'];

/** @throws ClincherError `settings-invalid` for what is not understood */
export function readManifests(text: string): ReadManifests {
  const read = {
    pods: [] as Pod[],
    policies: [] as NetworkPolicy[],
    cilium: [] as CiliumPolicy[],
  };
  for (const document of parseAllDocuments(text)) {
    const object = z
      .looseObject({ kind: z.string(), metadata })
      .parse((document as { toJS(): unknown }).toJS());
    const { kind } = object;
    const { namespace = 'default' } = object.metadata;
    if (kind === 'Deployment' || kind === 'StatefulSet') read.pods.push(podOf(object, namespace));
    else if (kind === 'NetworkPolicy') {
      read.policies.push({ ...networkPolicy.parse(object.spec), namespace });
    } else if (kind === 'CiliumNetworkPolicy') {
      read.cilium.push({ ...ciliumPolicy.parse(object.spec), namespace });
    } else if (!silent.includes(kind)) {
      throw new ClincherError('settings-invalid', `who reaches whom by a ${kind} is not known`);
    }
  }
  return read;
}

function podOf(object: unknown, namespace: string): Pod {
  const { metadata: named, spec } = workload.parse(object);
  const { template } = spec;
  const all = template.spec.containers.flatMap((container) => container.ports ?? []);
  return {
    name: named.name,
    namespace,
    labels: template.metadata.labels,
    onHost:
      template.spec.hostNetwork === true || all.some(({ hostPort }) => hostPort !== undefined),
    ports: all.map(({ containerPort }) => containerPort),
  };
}
