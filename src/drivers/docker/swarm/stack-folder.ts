// The stack file of what runs, with what each service is told beside it: written anew at each
// change from the plans of all services, which are kept there, too.

import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SecretSource } from '../../../host/bundle.ts';
import type { Secret } from '../../../kit/secret.ts';
import type { ServicePlan } from '../../../plan/model.ts';
import type { SwarmService, SwarmStack } from '../../../targets/swarm/model.ts';
import { renderSwarm } from '../../../targets/swarm/render-swarm.ts';
import { secretKey } from '../../../targets/swarm/secrets.ts';
import { configsIn } from '../../../targets/swarm/swarm-service.ts';

export const stackFile = 'stack.yaml';

/** What a service was deployed from. */
export interface Kept {
  readonly plan: ServicePlan;
  /** Of each secret that it holds and that has a value. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface StackFolderOptions {
  readonly folder: string;
  readonly name: string;
  readonly encrypted: boolean;
  readonly serveArgv: (role: string) => readonly string[];
  readonly healthArgv: readonly string[];
  readonly secrets: SecretSource;
}

export class StackFolder {
  readonly #options: StackFolderOptions;
  #topologyHash: string | null = null;

  constructor(options: StackFolderOptions) {
    this.#options = options;
  }

  get file(): string {
    return join(this.#options.folder, stackFile);
  }

  /** What it is to be deployed from, and the secrets that this takes, by their keys there. */
  async prepare(plan: ServicePlan): Promise<{ kept: Kept; values: ReadonlyMap<string, Secret> }> {
    const salt = await this.#salt();
    const versions: Record<string, string> = {};
    const values = new Map<string, Secret>();
    for (const name of plan.secrets) {
      const value = await this.#options.secrets(name);
      if (value === null) continue;
      const version = createHmac('sha256', salt).update(value.reveal()).digest('hex').slice(0, 8);
      versions[name] = version;
      values.set(secretKey({ versions }, name), value);
    }
    return { kept: { plan, versions }, values };
  }

  async recall(name: string): Promise<Kept | null> {
    const text = await readFile(this.#planOf(name), 'utf8').catch(() => null);
    return text === null ? null : (JSON.parse(text) as Kept);
  }

  async keep(kept: Kept): Promise<void> {
    await write(this.#planOf(kept.plan.name), JSON.stringify(kept));
  }

  async forget(name: string): Promise<void> {
    await rm(this.#toldTo(name), { recursive: true, force: true });
  }

  /** All that are kept, in the order of their names. */
  async stack(): Promise<SwarmStack> {
    const { folder, name, encrypted } = this.#options;
    const names = await readdir(join(folder, 'services')).catch(() => []);
    const all = await Promise.all(names.toSorted().map((one) => this.recall(one)));
    const services = all.filter((one) => one !== null).map((one) => this.#serviceOf(one));
    return { name, encrypted, services };
  }

  /** @throws ClincherError `usage` for what a task has not */
  async write(stack: SwarmStack): Promise<void> {
    await writeStack(stack, this.#options.folder);
    if (this.#topologyHash !== null) await write(this.#hashFile, this.#topologyHash);
  }

  /** Of the plan that the steps to come are of. */
  belongsTo(topologyHash: string): void {
    this.#topologyHash = topologyHash;
  }

  /** Of the plan that the last step was of. */
  topologyHash(): Promise<string | null> {
    return readFile(this.#hashFile, 'utf8').catch(() => null);
  }

  serviceOf(plan: ServicePlan): SwarmService {
    return this.#serviceOf({ plan, versions: {} });
  }

  #serviceOf({ plan, versions }: Kept): SwarmService {
    const { serveArgv, healthArgv } = this.#options;
    return {
      // Of a secret without a value there is none in the swarm.
      plan: { ...plan, secrets: plan.secrets.filter((name) => versions[name] !== undefined) },
      ...{ versions, called: plan.name, told: `./services/${plan.name}` },
      ...{ argv: serveArgv(plan.role), health: healthArgv },
    };
  }

  get #hashFile(): string {
    return join(this.#options.folder, 'topology-hash');
  }

  #toldTo(name: string): string {
    return join(this.#options.folder, 'services', name);
  }

  #planOf(name: string): string {
    return join(this.#toldTo(name), 'plan.json');
  }

  /** Without it, who sees the names of secrets could try values. */
  async #salt(): Promise<string> {
    const path = join(this.#options.folder, 'salt');
    const found = await readFile(path, 'utf8').catch(() => null);
    if (found !== null) return found;
    const made = randomBytes(32).toString('hex');
    await write(path, made);
    return made;
  }
}

/** The file, and the configs that it names. */
export async function writeStack(stack: SwarmStack, folder: string): Promise<void> {
  await write(join(folder, stackFile), renderSwarm(stack), 0o644);
  for (const { plan, told } of stack.services) {
    for (const { file, content } of configsIn(plan)) {
      await write(join(folder, told, file), content, 0o644);
    }
  }
}

async function write(path: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode });
}
