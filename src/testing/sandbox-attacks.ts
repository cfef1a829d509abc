// For tests: all that verification tries from inside a sandbox, of a stack that runs.

import assert from 'node:assert/strict';
import type { SandboxOptions } from '../topology/options.ts';
import { attackTables } from '../verify/attacks/index.ts';
import type { KernelTable, PathTable, SandboxTable } from '../verify/attacks/model.ts';
import { openCanaries } from '../verify/canary.ts';
import { runOnHost } from '../verify/host-probes.ts';
import type { Row } from '../verify/model.ts';
import { createProbes } from '../verify/probe-program.ts';
import { type SandboxAttacks, sandboxRows } from '../verify/sandbox-attacks.ts';
import { openSharedMemory } from '../verify/shared-memory.ts';
import type { DockerDaemon } from './docker-daemon.ts';
import { dockerSandbox } from './example-options.ts';
import type { VerifiedStack } from './verified-stack.ts';

export const sandboxTables: SandboxAttacks = {
  kernel: attackTables.filter((table): table is KernelTable => table.kind === 'kernel'),
  path: attackTables.filter((table): table is PathTable => table.kind === 'path'),
  sandbox: attackTables.filter((table): table is SandboxTable => table.kind === 'sandbox'),
};

/** Rows of each sandbox of the stack; no canary was met. */
export async function sandboxRowsIn({ topology, plan, driver }: VerifiedStack): Promise<Row[]> {
  await using canaries = await openCanaries();
  const inside = await createProbes((service, program, input, isApart) =>
    driver.probe(service, program, input, 120_000, isApart),
  );
  const outside = await createProbes((_, program, input) => runOnHost(program, input, 60_000));
  await using memory = await openSharedMemory(outside);
  const field = { topology, plan, inside, outside, canaries, memory };
  const rows = await sandboxRows(sandboxTables, field);
  assert.equal(canaries.contacts(), 0);
  return rows;
}

/** Containers of this daemon, of an image that it has. */
export function sandboxesOf(
  { socket }: Pick<DockerDaemon, 'socket'>,
  { image, imageId }: Pick<DockerDaemon, 'image' | 'imageId'>,
): SandboxOptions {
  const { docker, ...rest } = dockerSandbox(socket);
  return { ...rest, docker: { ...docker, image, imageId } };
}
