// The section `sandbox`: where the agent's tools run, with every default filled in.

import { posix } from 'node:path';
import type { Reader } from '../kit/located/reader.ts';
import type { DriverName, Preset } from '../topology/model.ts';
import type { SandboxOptions } from '../topology/options.ts';
import {
  agentWorkspace,
  standardBackend,
  standardDocker,
  standardShape,
} from '../topology/sandbox.ts';
import { memoryBytes, sandboxSchema } from './sandbox-schema.ts';

/** Keys that say nothing of any other backend than containers. */
const dockerKeys = ['socket', 'profile', 'image', 'imageId', 'user', 'binds'] as const;

export function readSandbox(
  reader: Reader,
  stack: { readonly preset: Preset; readonly driver: DriverName },
): SandboxOptions {
  const section = reader.readMap(['sandbox'], sandboxSchema) ?? {};
  const backend = section.backend ?? standardBackend(stack);
  if (stack.preset === 'reference' && backend !== 'docker') {
    reader.add(['sandbox', 'backend'], 'preset reference always has its Docker proxy');
  }
  for (const key of dockerKeys) {
    if (backend === 'docker' || section[key] === undefined) continue;
    reader.add(['sandbox', key], 'is for `backend: docker`');
  }
  // What the reference promises of its proxy, and its proxy does not keep.
  const profile = stack.preset === 'reference' ? 'exec-only' : standardDocker.profile;
  return {
    backend,
    shape: shapeOf(section),
    docker: {
      socket: section.socket ?? standardDocker.socket,
      profile: section.profile ?? profile,
      image: section.image ?? standardDocker.image,
      imageId: section.imageId ?? standardDocker.imageId,
    },
    at: reader.document.declaredAt(['sandbox']),
  };
}

type Section = Partial<ReturnType<typeof sandboxSchema.parse>>;

function shapeOf(section: Section): SandboxOptions['shape'] {
  const { memory, user, network, cpus, pids, tmpfs, binds } = section;
  return {
    user: user ?? standardShape.user,
    network: network ?? standardShape.network,
    memoryBytesMax: memory === undefined ? standardShape.memoryBytesMax : memoryBytes(memory),
    cpusMax: cpus ?? standardShape.cpusMax,
    processesMax: pids ?? standardShape.processesMax,
    tmpfs: tmpfs ?? standardShape.tmpfs,
    binds: (binds ?? standardShape.binds).map(({ source, target, readOnly = true }) => ({
      source: posix.resolve(agentWorkspace, source),
      target,
      readOnly,
    })),
  };
}
