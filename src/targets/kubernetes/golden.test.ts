// Whole manifests, against the golden files in cases/kubernetes; that a cluster would understand
// them; and what no pod is without.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CiliumNetworkPolicy } from '@kubernetes-models/cilium/cilium.io/v2/CiliumNetworkPolicy';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import { parseAllDocuments } from 'yaml';
import { clusterStack } from '../../testing/example-cluster.ts';
import { caseOptions, dockerSandbox, exampleOptions } from '../../testing/example-options.ts';
import { goldenCases } from '../../testing/golden.ts';
import { standardTopology } from '../../topology/standard.ts';
import { renderKubernetes } from './render-kubernetes.ts';

goldenCases(new URL('../../../cases/kubernetes/', import.meta.url), (input) => {
  const { options = {}, names } = JSON.parse(input);
  return renderKubernetes(clusterStack(standardTopology(caseOptions(options)), names)).trim();
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec: PodSpec };
  };
}

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly dnsPolicy?: string;
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly seccompProfile: object };
  readonly containers: readonly {
    readonly securityContext: object;
    readonly resources: { readonly limits: Readonly<Record<string, string>> };
    readonly readinessProbe: { readonly exec: { readonly command: readonly string[] } };
  }[];
  readonly volumes: readonly {
    readonly projected?: { readonly sources: readonly { secret: { name: string } }[] };
  }[];
}

const models = {
  ...{ Deployment, StatefulSet, NetworkPolicy, ConfigMap, Namespace, Service },
  CiliumNetworkPolicy,
};

function manifestsOf(names: 'egress' | 'cilium'): readonly Manifest[] {
  const stack = clusterStack(standardTopology(exampleOptions()), names);
  return parseAllDocuments(renderKubernetes(stack)).map((document) =>
    (document as { toJS(): Manifest }).toJS(),
  );
}

function podsOf(manifests: readonly Manifest[]) {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    const pod = spec?.template?.spec;
    return pod === undefined ? [] : [{ kind, metadata, replicas: spec?.replicas, pod }];
  });
}

for (const names of ['egress', 'cilium'] as const) {
  test(`every manifest is what the schemas of Kubernetes and Cilium ask for: ${names}`, () => {
    const manifests = manifestsOf(names);
    for (const manifest of manifests) {
      const Model = models[manifest.kind as keyof typeof models];
      assert.ok(Model !== undefined, manifest.kind);
      new Model(manifest as never).validate();
      const { name, namespace } = manifest.metadata;
      assert.match(name, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
      assert.equal(namespace, manifest.kind === 'Namespace' ? undefined : 'clincher');
    }
    assert.equal(
      manifests.some(({ kind }) => kind === 'CiliumNetworkPolicy'),
      names === 'cilium',
    );
  });
}

test('no pod has more than the strictest Pod Security gives, and each has its bounds', () => {
  const pods = podsOf(manifestsOf('egress'));
  assert.equal(pods.length, 5);
  for (const { kind, metadata, replicas, pod: spec } of pods) {
    const [container, ...more] = spec.containers;
    assert.ok(container !== undefined);
    assert.deepEqual([more.length, replicas], [0, 1]);
    assert.deepEqual([spec.automountServiceAccountToken, spec.enableServiceLinks], [false, false]);
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'hostAliases', 'initContainers']) {
      assert.ok(!(key in spec), `${metadata.name} has ${key}`);
    }
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.deepEqual(spec.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const bound of ['cpu', 'memory', 'ephemeral-storage']) {
      assert.ok(container.resources.limits[bound] !== undefined, `${metadata.name}: ${bound}`);
    }
    assert.ok(container.readinessProbe.exec.command.length > 2);
    const kinds = spec.volumes.map((volume) => Object.keys(volume)[1] ?? '');
    assert.ok(kinds.every((one) => ['configMap', 'emptyDir', 'projected'].includes(one)));
    assert.equal(kind === 'StatefulSet', ['gateway', 'llm'].includes(metadata.name));
    assert.equal(spec.dnsPolicy, metadata.name === 'egress' ? undefined : 'None');
  }
});

test('no secret is made, and each is in the pods of those who hold it alone', () => {
  const stack = clusterStack(standardTopology(exampleOptions()));
  const manifests = manifestsOf('egress');
  assert.ok(manifests.every(({ kind }) => kind !== 'Secret'));
  for (const { plan } of stack.services) {
    const found = podsOf(manifests).find(({ metadata }) => metadata.name === plan.name);
    const sources = found?.pod.volumes.flatMap(({ projected }) => projected?.sources ?? []);
    assert.deepEqual(
      sources?.map(({ secret }) => secret.name),
      plan.secrets,
    );
  }
});

test('what a pod cannot have is refused, with what to do', () => {
  const sandboxed = exampleOptions({ sandbox: dockerSandbox('/var/run/docker.sock') });
  const render = (options: typeof sandboxed) => () =>
    renderKubernetes(clusterStack(standardTopology(options)));
  assert.throws(render(sandboxed), /no daemon makes sandboxes/);
  const [provider] = exampleOptions().providers;
  assert.ok(provider !== undefined);
  const ownCa = exampleOptions({ providers: [{ ...provider, caFile: '/srv/ca.pem' }] });
  assert.throws(render(ownCa), /llm needs \/srv\/ca.pem of this machine/);
});
