// Keeps the jails of one state directory: starts, replaces and stops services, and tells how they
// are.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { refreshBundle } from '../../host/bundle.ts';
import { goneBack } from '../../host/gone-back.ts';
import type { HostPaths } from '../../host/host-paths.ts';
import { ClincherError } from '../../kit/error.ts';
import { buildService, type ServiceTuning } from './build-service.ts';
import type { CgroupHome } from './cgroup-home.ts';
import { CodeCache } from './code-cache.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { StartOrder, SupervisorView } from './messages.ts';
import type { SupervisedService } from './service.ts';

interface Entry {
  readonly order: StartOrder;
  readonly service: SupervisedService;
}

export class Supervisor {
  readonly #paths: HostPaths;
  readonly #machine: MachineFacts;
  readonly #cgroups: CgroupHome;
  readonly #tuning: ServiceTuning;
  readonly #code: CodeCache;
  /** In start order: stopping goes through it backwards. */
  readonly #entries = new Map<string, Entry>();
  /** The last operation on each service; the next one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #topologyHash: string | null = null;
  #stopping = false;

  constructor(paths: HostPaths, machine: MachineFacts, cgroups: CgroupHome, tuning: ServiceTuning) {
    this.#paths = paths;
    this.#machine = machine;
    this.#cgroups = cgroups;
    this.#tuning = tuning;
    this.#code = new CodeCache(paths, machine, cgroups);
  }

  /**
   * A start of what runs already in this version gives it what it reads again, and changes nothing
   * else, unless asked `again`.
   */
  start(order: StartOrder, again: boolean, topologyHash: string | null): Promise<void> {
    return this.#inTurn(order.service.name, async () => {
      if (this.#stopping) throw new ClincherError('not-running', 'the stack is going down');
      const old = this.#entries.get(order.service.name);
      const isSame = old !== undefined && old.order.service.hash === order.service.hash;
      if (isSame && !again && !(await isFailed(old))) await this.#refresh(order, old);
      else await this.#startOrReturn(order, old);
      this.#topologyHash = topologyHash ?? this.#topologyHash;
    });
  }

  stopService(name: string, topologyHash: string | null): Promise<void> {
    return this.#inTurn(name, async () => {
      const entry = this.#entries.get(name);
      this.#topologyHash = topologyHash ?? this.#topologyHash;
      if (entry === undefined) return;
      this.#entries.delete(name);
      await entry.service.stop();
      await this.#clearSockets(entry.order);
      await rm(this.#paths.bundles(name), { recursive: true, force: true });
    });
  }

  async view(): Promise<SupervisorView> {
    const entries = [...this.#entries.values()];
    const services = await Promise.all(entries.map(({ service }) => service.observe()));
    return {
      pid: process.pid,
      topologyHash: services.length === 0 ? null : this.#topologyHash,
      services,
      limitMechanism: this.#cgroups.mechanism,
    };
  }

  /** Stops every service, the last started first. Nothing can be started any more. */
  async stopAll(): Promise<void> {
    this.#stopping = true;
    await this.#code.close();
    const names = [...this.#entries.keys()].reverse();
    for (const name of names) {
      // One that is still becoming ready would keep its turn until its deadline: it is told at
      // once.
      await this.#entries.get(name)?.service.stop();
      await this.stopService(name, null);
    }
    await Promise.allSettled(this.#turns.values());
  }

  async #refresh(order: StartOrder, old: Entry): Promise<void> {
    const { name, live } = order.service;
    const bundle = (each: StartOrder) => this.#paths.bundle(name, each.bundle);
    if (live !== undefined) await refreshBundle(bundle(old.order), bundle(order));
    await this.#dropBundle(order);
  }

  async #startOrReturn(order: StartOrder, old: Entry | undefined): Promise<void> {
    if (old !== undefined) await old.service.stop();
    try {
      await this.#launch(order);
      await this.#dropOtherBundles(order);
    } catch (error) {
      this.#entries.delete(order.service.name);
      await this.#clearSockets(order);
      await this.#dropBundle(order);
      if (old === undefined || this.#stopping) throw error;
      // A replacement that does not come up must not cost the version that did.
      throw await goneBack(error, () => this.#launch(old.order));
    }
  }

  async #launch(order: StartOrder): Promise<void> {
    const { name } = order.service;
    const service = buildService(order, this.#paths, this.#machine, this.#cgroups, this.#tuning);
    this.#entries.set(name, { order, service });
    await service.start();
    if (this.#tuning.warm) this.#code.warm(order);
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }

  /**
   * The folders stay: callers that still run have them mounted, and find the next socket in them.
   */
  async #clearSockets(order: StartOrder): Promise<void> {
    for (const { edge } of order.service.listens) {
      const folder = this.#paths.edge(edge);
      const names = await readdir(folder).catch(() => []);
      for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  async #dropBundle({ service, bundle }: StartOrder): Promise<void> {
    await rm(this.#paths.bundle(service.name, bundle), { recursive: true, force: true });
  }

  async #dropOtherBundles({ service, bundle }: StartOrder): Promise<void> {
    const folder = this.#paths.bundles(service.name);
    for (const name of await readdir(folder)) {
      if (name !== bundle) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function isFailed({ service }: Entry): Promise<boolean> {
  return (await service.observe()).state === 'failed';
}
