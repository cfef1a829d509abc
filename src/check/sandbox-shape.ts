// A sandbox for tools is closed: no network, nobody's root, nothing of the agent's but what it
// works on, and made of an image that cannot change its meaning.

import type { SandboxBind, Service, Topology } from '../topology/model.ts';
import { images } from '../topology/pins.ts';
import { agentWorkspace } from '../topology/sandbox.ts';
import type { Check, Fault } from './check.ts';
import { isWithin } from './host-path.ts';

export const sandboxShape: Check = {
  id: 'sandbox-shape',
  invariant:
    "A sandbox for tools has no network, no root and no folder but of the agent's workspace, and " +
    'its image is named by what it holds.',
  because: 'What runs there is what a stranger talked the model into: each of these is its way on.',
  *find({ topology }) {
    for (const service of topology.services) yield* faultsOf(service, topology);
  },
};

function* faultsOf({ name, run, at }: Service, { driver }: Topology): Iterable<Fault> {
  if (!('shape' in run)) return;
  const { shape } = run;
  const fatal = (message: string, fix: string): Fault => ({
    severity: 'fatal',
    about: name,
    message: `${name} makes sandboxes ${message}`,
    fix,
    at,
  });
  if (shape.network !== 'none') {
    yield fatal(
      `with the network ${shape.network}, past egress and its record`,
      'Set `sandbox.network: none`; what tools must reach, the agent asks egress for.',
    );
  }
  if (shape.user?.split(':').some((id) => Number(id) === 0) === true) {
    yield fatal(`that run as root (${shape.user})`, 'Set `sandbox.user: "1000:1000"`.');
  }
  for (const bind of shape.binds) {
    const fault = bindFault(bind);
    if (fault !== null) yield fatal(...fault);
  }
  if (run.role !== 'docker-proxy' || !makesContainers(run)) return;
  // Of the one that is made here the plan knows the id.
  if (run.image === null && driver !== 'embedded') return;
  const image = run.image ?? images.sandbox;
  if (run.imageId === null && !/@sha256:[0-9a-f]{64}$/.test(image)) {
    yield {
      severity: 'warning',
      about: name,
      message: `${name} makes sandboxes of ${image}, a name that can be given to another image`,
      fix: 'Set `sandbox.imageId` to what `docker image inspect -f "{{.Id}}" NAME` prints.',
      at,
    };
  }
}

function makesContainers({ profile, rules }: Extract<Service['run'], { role: 'docker-proxy' }>) {
  const isCreate = ({ path }: { readonly path: string }) => path === '/containers/create';
  return profile === 'sandbox' || (profile === 'custom' && rules.custom.some(isCreate));
}

/** Where a bind would hide what the sandbox stands on, or what the agent puts there itself. */
const takenTargets = ['/', '/proc', '/sys', '/dev', '/etc', '/usr', '/workspace', '/agent'];

function bindFault({ source, target }: SandboxBind): readonly [string, string] | null {
  // The workspace itself is there already, and its folders only may be at a second place.
  if (!isWithin(source, agentWorkspace) || isWithin(agentWorkspace, source)) {
    return [
      `with ${source} in them, which is not below the agent's workspace`,
      `Name a folder below ${agentWorkspace}, or leave the bind out.`,
    ];
  }
  const taken = takenTargets.find((folder) =>
    folder === '/' ? target === '/' : isWithin(target, folder) || isWithin(folder, target),
  );
  if (taken === undefined) return null;
  return [
    `with ${source} at ${target}, which is not free: ${taken} is what the sandbox is made of`,
    'Bind it at another path, for example below /data.',
  ];
}
