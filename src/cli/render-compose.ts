// `clincher render compose`: the Compose file of what is declared, for people who bring it up by
// themselves; and beside it, where that is asked for, what each service is told.

import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ServicePlan } from '../plan/model.ts';
import {
  type ComposeService,
  holdsSecret,
  noNames,
  noNamesFile,
} from '../targets/compose/model.ts';
import { renderCompose as textOf } from '../targets/compose/render-compose.ts';
import { planFor } from './containers.ts';
import { readEnvironment } from './env.ts';
import type { StackFlags } from './flags.ts';
import { containerArgv } from './installation.ts';
import { output } from './output.ts';
import { declareStack } from './stack.ts';

/** @throws ClincherError `config-*`, `image-missing`, `usage`, `secret-missing` */
export async function renderCompose(
  flags: StackFlags,
  stateDir: string,
  out: string | null,
): Promise<void> {
  const { topology, options } = await declareStack(flags);
  const { services } = await planFor(topology, options.agent.version, stateDir);
  // Any engine that compose 2 works with can read it.
  const engine = { startInterval: false };
  const text = textOf({ project: 'clincher', services: services.map(partOf), engine });
  if (out === null) return output.line(text.trimEnd());
  const folder = resolve(readEnvironment().cwd, out);
  await write(join(folder, 'compose.yaml'), text);
  await write(join(folder, noNamesFile), noNames);
  for (const plan of services) await writeTold(plan, join(folder, 'services', plan.name));
  output.line(`wrote ${join(out, 'compose.yaml')}; each secret goes into services/NAME/secrets`);
}

function partOf(plan: ServicePlan): ComposeService {
  return {
    plan,
    argv: containerArgv.serveArgv(plan.role),
    health: containerArgv.healthArgv,
    told: `./services/${plan.name}`,
    secrets: plan.secrets,
    state: plan.state ? `./services/${plan.name}/state` : null,
    folders: (plan.folders ?? []).map((each) => ({
      ...each,
      source: `./services/${each.of}/state/${each.name}`,
    })),
  };
}

async function writeTold(plan: ServicePlan, folder: string): Promise<void> {
  await write(join(folder, 'settings.json'), `${JSON.stringify(plan.settings, null, 2)}\n`);
  await mkdir(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
  if (plan.state) await mkdir(join(folder, 'state'), { recursive: true, mode: 0o700 });
  for (const { path, content } of plan.live ?? []) {
    await write(join(folder, 'live', basename(path)), content);
  }
  for (const [index, { content }] of plan.files.entries()) {
    // What a secret is to be filled into is written by who has it.
    if (!holdsSecret(content)) await write(join(folder, 'files', String(index)), content);
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o644 });
}
