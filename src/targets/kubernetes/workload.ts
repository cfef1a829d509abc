// One service as a pod that is kept up, with what it is told, what it keeps and where it is found.

import { basename } from 'node:path';
import { assert } from '../../kit/assert.ts';
import { ClincherError } from '../../kit/error.ts';
import type { PlannedFile, ServicePlan } from '../../plan/model.ts';
import { inside, supervisorName } from '../../plan/paths.ts';
import { holdsSecret } from '../compose/model.ts';
import { environmentOf, mebibyte, withHeapLimit } from '../in-container.ts';
import { connectionsIn, connectionsWithin, portOf } from './connections.ts';
import { type KubernetesStack, labelsOf, type Manifest, type PodPlan } from './model.ts';

export function workloadOf(pod: PodPlan, stack: KubernetesStack): readonly Manifest[] {
  const { plan } = pod;
  refuseWhatAPodHasNot(plan);
  return [toldTo(plan, stack), kept(pod, stack), ...foundAt(plan, stack)];
}

/** @throws ClincherError `usage` */
function refuseWhatAPodHasNot({ name, role, mounts, folders = [], files }: ServicePlan): void {
  assert(!files.some(({ content }) => holdsSecret(content)), `${name} is told a secret`);
  if (role === 'docker-proxy') {
    throw new ClincherError('usage', 'in a cluster no daemon makes sandboxes for the tools', {
      fix: "Set `sandbox: { backend: none }`: the tools run in the agent's own pod.",
    });
  }
  const [mount] = mounts;
  // What the host notes nobody writes there: it stays empty.
  const given = folders.filter(({ readOnly }) => readOnly !== true);
  if (mount === undefined && given.length === 0) return;
  throw new ClincherError('usage', `${name} needs ${mount?.source ?? 'a folder'} of this machine`, {
    fix: 'A pod gets no file of a machine: take the CA file or the model file out.',
  });
}

function toldTo(plan: ServicePlan, { namespace }: KubernetesStack): Manifest {
  const { name, settings, files, live = [] } = plan;
  const data = Object.fromEntries([
    ['settings.json', `${JSON.stringify(settings, null, 2)}\n`],
    ...files.map(({ content }, index) => [`file-${index}`, content]),
    ...live.map(({ path, content }) => [liveKey(path), content]),
  ]);
  return {
    comment: `What ${name} is told; no secret is in here.`,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data },
  };
}

function liveKey(path: string): string {
  return `live-${basename(path)}`;
}

/** Who keeps something is never there twice: two would write to the same ledger. */
function kept(pod: PodPlan, stack: KubernetesStack): Manifest {
  const { plan } = pod;
  const { namespace } = stack;
  const { name, hash, state, reaches = [] } = plan;
  const labels = labelsOf(plan);
  const template = {
    // Another plan is another pod, though what it is told lies in an object of its own.
    metadata: { labels, annotations: { 'clincher.hash': hash } },
    spec: podSpec(pod, stack),
  };
  const common = { replicas: 1, selector: { matchLabels: labels }, template };
  const calls = reaches.map(({ edge }) => edge.slice(name.length + '--'.length));
  return {
    comment: calls.length === 0 ? `${name} calls nobody` : `${name} calls ${calls.join(', ')}`,
    object: {
      apiVersion: 'apps/v1',
      kind: state ? 'StatefulSet' : 'Deployment',
      metadata: { name, namespace, labels },
      spec: state ? { serviceName: name, ...common, volumeClaimTemplates: [claim] } : common,
    },
  };
}

const claim = {
  metadata: { name: 'state' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } },
};

function podSpec({ plan, argv, health }: PodPlan, { topology, registry }: KubernetesStack): object {
  const { container, limits, name, network } = plan;
  assert(container !== undefined, `${name} is planned for a jail, not for a container`);
  const { uid, gid } = container.user;
  const admin = plan.listens.find(({ peer }) => peer === supervisorName);
  assert(admin !== undefined, `${name} has no admin socket`);
  const volumes = volumesOf(plan, admin.folder, optionalSecrets(topology));
  return {
    automountServiceAccountToken: false,
    // Else every service's address would be in its environment.
    enableServiceLinks: false,
    // Names are looked up by who has a way out alone: whoever else asks, asks nobody.
    ...(network === 'outside' ? {} : { dnsPolicy: 'None', dnsConfig: noNames }),
    securityContext: {
      ...{ runAsNonRoot: true, runAsUser: uid, runAsGroup: gid, fsGroup: gid },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // The agent starts programs and leaves some behind: someone has to reap them.
    ...(plan.role === 'relay' ? { shareProcessNamespace: true } : {}),
    terminationGracePeriodSeconds: 15,
    containers: [
      {
        name,
        image: `${registry}${container.image}`,
        command: withHeapLimit(argv, limits.memoryBytesMax),
        workingDir: plan.state ? inside.state : '/tmp',
        env: Object.entries(environmentOf(plan)).map(([key, value]) => ({ name: key, value })),
        ports: (plan.answers ?? []).map(({ address }) => ({ containerPort: portOf(address) })),
        securityContext: {
          ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
          capabilities: { drop: ['ALL'] },
        },
        resources: resourcesOf(plan),
        // Not alive is who has ended. Who is not ready says why, and is not helped by an end.
        readinessProbe: {
          exec: { command: [...health, `${admin.folder}/sock`] },
          ...{ periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 2 },
        },
        volumeMounts: volumes.flatMap(({ mounts }) => mounts),
      },
    ],
    volumes: volumes.flatMap(({ volume }) => (volume === null ? [] : [volume])),
  };
}

const noNames = { nameservers: ['127.0.0.1'] };

/** What it may take at most; of the processor it is promised a tenth. */
function resourcesOf({ limits }: ServicePlan): object {
  const memory = `${limits.memoryBytesMax / mebibyte}Mi`;
  const storage = { 'ephemeral-storage': '256Mi' };
  return {
    limits: { cpu: String(limits.cpusMax), memory, ...storage },
    requests: { cpu: `${limits.cpusMax * 100}m`, memory, ...storage },
  };
}

interface Volume {
  /** Null where the workload claims it. */
  readonly volume: object | null;
  readonly mounts: readonly object[];
}

function volumesOf(
  plan: ServicePlan,
  adminFolder: string,
  optional: ReadonlySet<string>,
): readonly Volume[] {
  const { name, files, live, folders = [], secrets, state, role } = plan;
  const memory = (volume: string, mountPath: string, sizeLimit: string): Volume => ({
    volume: { name: volume, emptyDir: { medium: 'Memory', sizeLimit } },
    mounts: [{ name: volume, mountPath }],
  });
  const told = (mountPath: string, subPath: string) => ({
    ...{ name: 'told', mountPath, subPath, readOnly: true },
  });
  const paths = files.map(({ path }, index) => told(path, `file-${index}`));
  return [
    {
      volume: { name: 'told', configMap: { name } },
      mounts: [told(inside.settings, 'settings.json'), ...paths],
    },
    ...(live === undefined ? [] : [liveVolume(name, live)]),
    ...folders.map((folder) => memory(folder.name, folder.at, '1Mi')),
    memory('tmp', '/tmp', role === 'relay' ? '512Mi' : '16Mi'),
    memory('admin', adminFolder, '1Mi'),
    ...(secrets.length === 0 ? [] : [secretsVolume(secrets, optional)]),
    ...(state
      ? [{ volume: null, mounts: [{ name: 'state', mountPath: inside.state }] } satisfies Volume]
      : []),
  ];
}

/** As a folder, which a cluster writes anew when its object changes: a single file stays. */
function liveVolume(name: string, live: readonly PlannedFile[]): Volume {
  const items = live.map(({ path }) => ({ key: liveKey(path), path: basename(path) }));
  return {
    volume: { name: 'live', configMap: { name, items } },
    mounts: [{ name: 'live', mountPath: inside.live, readOnly: true }],
  };
}

/** By reference: of each secret the value is under `value` in a Secret of its own. */
function secretsVolume(secrets: readonly string[], optional: ReadonlySet<string>): Volume {
  const sources = secrets.map((name) => ({
    secret: {
      ...{ name, items: [{ key: 'value', path: name }] },
      ...(optional.has(name) ? { optional: true } : {}),
    },
  }));
  return {
    volume: { name: 'secrets', projected: { defaultMode: 0o440, sources } },
    mounts: [{ name: 'secrets', mountPath: inside.secrets, readOnly: true }],
  };
}

/** A provider whose key is missing is not asked; the rest goes on. */
function optionalSecrets({ secrets }: KubernetesStack['topology']): ReadonlySet<string> {
  return new Set(secrets.flatMap(({ kind, name }) => (kind === 'provider-key' ? [name] : [])));
}

/** The first has TLS, the other has none. */
function worldPort(targetPort: number, nth: number): object {
  const [name, port] = nth === 0 ? ['https', 443] : ['http', 80];
  return { name, port, targetPort, protocol: 'TCP' };
}

/** An address for who is called, at which each caller has a port; another for the world. */
function foundAt({ name }: ServicePlan, stack: KubernetesStack): readonly Manifest[] {
  const { namespace } = stack;
  const selector = labelsOf({ name });
  const service = (called: string, spec: object, comment: string): Manifest => ({
    comment,
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: called, namespace },
      spec: { type: 'ClusterIP', selector, ...spec },
    },
  });
  const callers = connectionsWithin(stack).filter(({ to }) => to === name);
  const reached = stack.services.flatMap(({ plan }) => plan.reaches ?? []);
  const address = reached.find(({ peer }) => peer === name)?.address;
  const clusterIP = address?.slice('tcp:'.length, address.lastIndexOf(':'));
  const ports = callers.map(({ from, port }) => ({
    ...{ name: `${from}-${port}`, port, targetPort: port, protocol: 'TCP' },
  }));
  const within = `Where ${name} is called: a port for each caller.`;
  const world = connectionsIn(stack).filter(({ to }) => to === name);
  return [
    ...(ports.length === 0 ? [] : [service(name, { clusterIP, ports }, within)]),
    ...(world.length === 0
      ? []
      : [
          service(
            `${name}-world`,
            { ports: world.map(({ port }, nth) => worldPort(port, nth)) },
            `The way in: put your own load balancer before it, or make it one (type: LoadBalancer).`,
          ),
        ]),
  ];
}
