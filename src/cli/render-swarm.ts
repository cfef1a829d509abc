// `clincher render swarm`: what is declared, as a stack of Swarm. What was written is read back and
// compared before anybody gets it; with --out everything that the commands need is beside it.

import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stackFile, writeStack } from '../drivers/docker/swarm/stack-folder.ts';
import { assert } from '../kit/assert.ts';
import { ClincherError } from '../kit/error.ts';
import type { Plan } from '../plan/model.ts';
import { commandsFor } from '../targets/swarm/commands.ts';
import { compareStack } from '../targets/swarm/compare-stack.ts';
import { instancesOf } from '../targets/swarm/instances.ts';
import type { DeclaredSwarm, SwarmStack } from '../targets/swarm/model.ts';
import { renderSwarm as textOf } from '../targets/swarm/render-swarm.ts';
import { secretsIn } from '../targets/swarm/secrets.ts';
import type { Topology } from '../topology/model.ts';
import { planFor } from './containers.ts';
import { readEnvironment } from './env.ts';
import type { StackFlags } from './flags.ts';
import { containerArgv } from './installation.ts';
import { output } from './output.ts';
import { resolveSecrets } from './secrets/resolve.ts';
import { generatedStore, userStore } from './secrets/stores.ts';
import { type DeclaredStack, declareStack } from './stack.ts';
import { makeSecrets } from './up/prepare.ts';

export interface SwarmFlags extends StackFlags {
  readonly name: string;
  readonly unencrypted?: boolean;
  readonly out?: string;
}

const unencryptedText =
  'NOT ENCRYPTED: whoever is between the nodes reads what goes between them, prompts and keys.';

/** @throws ClincherError `config-*`, `image-missing`, `usage`, `system-refused` */
export async function renderSwarm(flags: SwarmFlags, stateDir: string): Promise<void> {
  const declared = await declareStack({ ...flags, driver: 'swarm' });
  const stack = await stackOf(declared, flags, stateDir);
  const text = textOf(stack);
  const { attempts, letThrough, open, shut } = compareStack(text, stack);
  assert(open.length + shut.length === 0, `the file differs: ${[...open, ...shut].join('; ')}`);
  if (flags.out === undefined) output.line(text.trimEnd());
  else await writeAll(declared, stack, resolve(readEnvironment().cwd, flags.out), stateDir);
  output.note(
    `tried ${attempts} connections in this file: the ${letThrough.length} ways that are open are declared`,
  );
  if (!stack.encrypted) output.note(unencryptedText);
}

async function stackOf(
  { topology, options }: DeclaredStack,
  { name, unencrypted }: SwarmFlags,
  stateDir: string,
): Promise<DeclaredSwarm> {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) {
    throw new ClincherError('usage', `${JSON.stringify(name)} is no name for a stack`, {
      fix: 'Take up to 20 small letters, digits and hyphens: clincher.',
    });
  }
  const plan = await planFor(topology, options.agent.version, stateDir);
  return swarmStackOf(topology, plan, {
    name,
    encrypted: unencrypted !== true && topology.swarm?.encrypted !== false,
  });
}

export function swarmStackOf(
  topology: Topology,
  { services }: Plan,
  chosen: Pick<SwarmStack, 'name' | 'encrypted'>,
): DeclaredSwarm {
  return {
    ...{ topology, ...chosen },
    services: instancesOf(services, topology).map(({ plan, called }) => ({
      ...{ plan, called, health: containerArgv.healthArgv, told: `./services/${plan.name}` },
      argv: containerArgv.serveArgv(plan.role),
    })),
  };
}

async function writeAll(
  declared: DeclaredStack,
  stack: SwarmStack,
  folder: string,
  stateDir: string,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeStack(stack, folder);
  const missing = await writeSecrets(declared, stack, join(folder, 'secrets'), stateDir);
  for (const { what, lines } of commandsFor(stack, stackFile)) {
    output.line([`# ${what}`, ...lines, ''].join('\n'));
  }
  for (const line of missing) output.note(line);
}

/** Resolves to what is missing, in words. */
async function writeSecrets(
  declared: DeclaredStack,
  stack: SwarmStack,
  folder: string,
  stateDir: string,
): Promise<readonly string[]> {
  await makeSecrets(declared, stateDir);
  const held = new Set(secretsIn(stack));
  const { values, missing } = await resolveSecrets(
    declared.topology.secrets.filter(({ name }) => held.has(name)),
    {
      variables: readEnvironment().variables,
      baseDir: declared.dir,
      generated: generatedStore(stateDir),
      stored: userStore(stateDir),
    },
  );
  // Of one that is no longer declared nothing is left behind.
  await rm(folder, { recursive: true, force: true });
  for (const [name, value] of values) await write(join(folder, name), value.reveal(), 0o600);
  return missing.map(
    ({ declaration, message, fix }) => `secrets/${declaration.name} is missing: ${message} ${fix}`,
  );
}

async function write(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode });
}
