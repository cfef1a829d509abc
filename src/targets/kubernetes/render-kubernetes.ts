// A plan as manifests of Kubernetes: pure, the same bytes from the same plan.

import { stringify } from 'yaml';
import type { KubernetesStack, Manifest } from './model.ts';
import { networkPolicies } from './network-policies.ts';
import { workloadOf } from './workload.ts';

/**
 * Ends with a newline. The namespace and the policies come first: no pod runs before them.
 * @throws ClincherError `usage` for what a pod has not
 */
export function renderKubernetes(stack: KubernetesStack): string {
  const manifests = [
    namespaceOf(stack),
    ...networkPolicies(stack),
    ...stack.services.flatMap((service) => workloadOf(service, stack)),
  ];
  return `${headOf(stack)}${manifests.map(documentOf).join('')}`;
}

/** With Pod Security at its strictest: a pod that asks for more is refused. */
function namespaceOf({ namespace }: KubernetesStack): Manifest {
  const modes = ['enforce', 'audit', 'warn'];
  const labels = Object.fromEntries(
    modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
  );
  return {
    comment: 'Nothing else belongs in it: policies go by the label of a pod.',
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
  };
}

function headOf({ services, namespace }: KubernetesStack): string {
  const secrets = [...new Set(services.flatMap(({ plan }) => plan.secrets))].sort();
  return [
    '# Written by clincher from its configuration: change that, not this.',
    '# It needs a network that enforces policies (Calico, Cilium ...): not every cluster has one.',
    `# Secrets of ${namespace}, each with its value under \`value\`, are yours to make:`,
    ...secrets.map((name) => `#   ${name}`),
    '',
  ].join('\n');
}

function documentOf({ comment, object }: Manifest): string {
  const said = comment.split('\n').map((line) => `# ${line}\n`);
  const text = stringify(object, {
    lineWidth: 100,
    singleQuote: true,
    aliasDuplicateObjects: false,
  });
  return `---\n${said.join('')}${text}`;
}
