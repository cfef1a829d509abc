// The section `sandbox`: where the agent's tools run, with every default filled in.

import { posix } from 'node:path';
import type { Reader } from '../kit/located/reader.ts';
import { formatPlace } from '../kit/place.ts';
import { customRuleFaults } from '../policy/docker/custom.ts';
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
const dockerKeys = ['socket', 'profile', 'calls', 'image', 'imageId', 'user', 'binds'] as const;

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
  const calls = readCalls(reader, section);
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
      ...(calls === undefined ? {} : { calls }),
    },
    at: reader.document.declaredAt(['sandbox']),
  };
}

type Section = Partial<ReturnType<typeof sandboxSchema.parse>>;

function readCalls(reader: Reader, { calls, profile }: Section): SandboxOptions['docker']['calls'] {
  const path = ['sandbox', 'calls'];
  if (profile === 'custom' && reader.valueAt(path) === undefined) {
    reader.add(['sandbox', 'profile'], 'lets nothing through without `calls`');
  }
  // A profile that cannot be read may have been meant to be this one.
  const isOther = profile !== 'custom' && profile === reader.valueAt(['sandbox', 'profile']);
  if (isOther && calls !== undefined) reader.add(path, 'is for `profile: custom`');
  return calls?.map(({ method, path: asked, query = [], body = 'none', ...call }, index) => {
    const rule = {
      ...{ method, path: asked, query, body },
      unsafeUnscoped: call.unsafeUnscoped === true,
      at: formatPlace(reader.document.declaredAt([...path, index])),
    };
    for (const { below, says } of customRuleFaults(rule, true)) {
      reader.add([...path, index, ...below], says);
    }
    return rule;
  });
}

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
