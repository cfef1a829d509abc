// The Compose file of what runs: written anew from the plans of all services at each change, so
// that it always says what is there.

import { access, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleName, type SecretSource, writeBundle } from '../../host/bundle.ts';
import { hostPaths } from '../../host/host-paths.ts';
import { keptFolder, makeKeptFolder } from '../../host/kept-folders.ts';
import { unusable } from '../../host/unusable.ts';
import { ClincherError } from '../../kit/error.ts';
import type { ServicePlan } from '../../plan/model.ts';
import {
  type ComposeService,
  type EngineFeatures,
  noNames,
  noNamesFile,
} from '../../targets/compose/model.ts';
import { renderCompose } from '../../targets/compose/render-compose.ts';
import { type DockerPaths, dockerPaths, projectName } from './docker-paths.ts';

export interface StackFileOptions {
  readonly stateDir: string;
  /** What starts a role in a container. */
  readonly serveArgv: (role: string) => readonly string[];
  /** What asks an admin socket for its health. */
  readonly healthArgv: readonly string[];
  readonly secrets: SecretSource;
}

/** What a service was started from, kept beside what it was told. */
interface Kept {
  readonly plan: ServicePlan;
  readonly secrets: readonly string[];
}

export class StackFile {
  readonly paths: DockerPaths;
  readonly #options: StackFileOptions;
  #topologyHash: string | null = null;

  constructor(options: StackFileOptions) {
    this.#options = options;
    this.paths = dockerPaths(options.stateDir);
  }

  /**
   * Writes what a service is told and makes its folders. Resolves to its part of the file.
   * @throws ClincherError `secret-missing`, `disk-full`, `state-unusable`
   */
  async prepare(plan: ServicePlan): Promise<ComposeService> {
    const folder = this.paths.told(plan.name, bundleName(plan));
    try {
      return await this.#prepareIn(folder, plan);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error instanceof ClincherError
        ? error
        : unusable(folder, error as NodeJS.ErrnoException);
    }
  }

  async #prepareIn(folder: string, plan: ServicePlan): Promise<ComposeService> {
    const secrets = await writeBundle(plan, folder, this.#options.secrets);
    await writeFile(join(folder, 'plan.json'), JSON.stringify({ plan, secrets } satisfies Kept));
    const host = hostPaths(this.#options.stateDir);
    const owned = [folder];
    if (plan.state) {
      await mkdir(host.state(plan.name), { recursive: true, mode: 0o700 });
      owned.push(host.state(plan.name));
    }
    for (const kept of plan.folders ?? []) {
      makeKeptFolder(kept, host);
      owned.push(host.state(kept.of), keptFolder(kept, host));
    }
    // Root's files are made readable to who the service runs as, and to nobody else.
    if (process.getuid?.() === 0 && plan.container !== undefined) {
      const { uid, gid } = plan.container.user;
      for (const path of owned) await chown(path, uid, gid);
      await chownBelow(folder, uid, gid);
    }
    return this.#part({ plan, secrets }, folder);
  }

  /** Of the plan that the steps to come are of. */
  belongsTo(topologyHash: string): void {
    this.#topologyHash = topologyHash;
  }

  /** Of the plan that the last step was of. */
  topologyHash(): Promise<string | null> {
    return readFile(this.paths.topologyHash, 'utf8').catch(() => null);
  }

  /** From what was kept when it was started; null where that is gone. */
  async recall(told: string): Promise<ComposeService | null> {
    const folder = join(this.paths.folder, told);
    const text = await readFile(join(folder, 'plan.json'), 'utf8').catch(() => null);
    return text === null ? null : this.#part(JSON.parse(text) as Kept, folder);
  }

  isThere(): Promise<boolean> {
    return access(this.paths.composeFile).then(
      () => true,
      () => false,
    );
  }

  /** Replaces the file whole; who reads it meanwhile sees the old one or the new one. */
  async write(services: readonly ComposeService[], engine: EngineFeatures): Promise<void> {
    const { folder, composeFile } = this.paths;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, noNamesFile), noNames, { mode: 0o644 });
    const project = projectName(this.#options.stateDir);
    const text = renderCompose({ project, services, engine });
    const next = `${composeFile}.next`;
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, composeFile);
    if (this.#topologyHash !== null) await writeFile(this.paths.topologyHash, this.#topologyHash);
  }

  /** What other starts of the service were told. */
  async forgetOthers({ plan, told }: ComposeService): Promise<void> {
    const folder = this.paths.toldFolder(plan.name);
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (this.paths.inFile(path) !== told) await rm(path, { recursive: true, force: true });
    }
  }

  async forget({ told }: ComposeService): Promise<void> {
    await rm(join(this.paths.folder, told), { recursive: true, force: true });
  }

  #part({ plan, secrets }: Kept, folder: string): ComposeService {
    const host = hostPaths(this.#options.stateDir);
    const inFile = (path: string) => this.paths.inFile(path);
    return {
      plan,
      secrets,
      argv: this.#options.serveArgv(plan.role),
      health: this.#options.healthArgv,
      told: inFile(folder),
      state: plan.state ? inFile(host.state(plan.name)) : null,
      folders: (plan.folders ?? []).map((each) => ({
        ...each,
        source: inFile(keptFolder(each, host)),
      })),
    };
  }
}

async function chownBelow(folder: string, uid: number, gid: number): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true })) {
    await chown(join(folder, entry), uid, gid);
  }
}
