// Compiled code that roles read at start (half of a role's start is reading TypeScript). It is made
// here, in jails that are told nothing and reach nothing; a role has it read-only, so none can
// leave code for another to run.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostPaths } from '../../host/host-paths.ts';
import type { ServicePlan } from '../../plan/model.ts';
import { openCgroup } from './cgroup.ts';
import type { CgroupHome } from './cgroup-home.ts';
import type { Installation } from './installation.ts';
import { type Jail, startJail } from './jail.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { StartOrder } from './messages.ts';
import { jailSpec } from './steps.ts';

/** A role with no settings reads its code, refuses, and ends; this is for one that does not. */
const warmMsMax = 30_000;
const name = 'code-cache';

export class CodeCache {
  readonly #paths: HostPaths;
  readonly #machine: MachineFacts;
  readonly #cgroups: CgroupHome;
  #queue: Promise<void> = Promise.resolve();
  #jail: Jail | null = null;
  #closed = false;

  constructor(paths: HostPaths, machine: MachineFacts, cgroups: CgroupHome) {
    this.#paths = paths;
    this.#machine = machine;
    this.#cgroups = cgroups;
  }

  /** Compiles what the order's role reads at start, later and one role at a time; never throws. */
  warm(order: StartOrder): void {
    this.#queue = this.#queue.then(() => this.#warmOnce(order)).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#jail?.stop(0);
    await this.#queue;
  }

  async #warmOnce({ service, serveArgv, installation }: StartOrder): Promise<void> {
    const marker = join(this.#paths.codeCache, `${service.role}.warm`);
    const version = codeVersion(installation);
    if (this.#closed || readIfThere(marker) === version) return;
    const bundle = this.#paths.bundle(name, 'empty');
    mkdirSync(join(bundle, 'secrets'), { recursive: true, mode: 0o700 });
    writeFileSync(join(bundle, 'settings.json'), '{}', { mode: 0o600 });
    const code = { folder: this.#paths.codeCache, writable: true };
    const plan = tellingNothing(service);
    const spec = jailSpec(plan, bundle, serveArgv, installation, this.#paths, this.#machine, code);
    const cgroup = openCgroup(this.#cgroups, name, service.limits);
    const { mechanism } = this.#cgroups;
    const { inherits, limits } = plan;
    const onOutput = (stream: NodeJS.ReadableStream) => stream.resume();
    this.#jail = await startJail({ spec, inherits, limits, mechanism, cgroup, onOutput });
    const timer = setTimeout(() => this.#jail?.stop(0), warmMsMax);
    await this.#jail.ended;
    clearTimeout(timer);
    cgroup.remove();
    this.#jail = null;
    if (!this.#closed) writeFileSync(marker, version, { mode: 0o600 });
  }
}

function tellingNothing(service: ServicePlan): ServicePlan {
  const nothing = { listens: [], dials: [], secrets: [], files: [], mounts: [], inherits: [] };
  return { ...service, ...nothing, name, role: name, state: false, network: 'none' };
}

/** Changes when Node or any of our source files does. */
function codeVersion({ nodePath, programRoot }: Installation): string {
  const hash = createHash('sha256').update(`${statSync(nodePath).mtimeMs}`);
  const source = join(programRoot, 'src');
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    const { mtimeMs, size } = statSync(join(source, file));
    hash.update(`${file}:${mtimeMs}:${size};`);
  }
  return hash.digest('hex');
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
