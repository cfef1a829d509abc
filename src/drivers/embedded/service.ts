// One supervised service: started until ready, started again when it ends, stopped for good when
// asked.

import { setTimeout as delay } from 'node:timers/promises';
import type { LogFile } from '../../host/log-file.ts';
import { spokenLine } from '../../host/spoken-line.ts';
import { ClincherError } from '../../kit/error.ts';
import type { ServicePlan } from '../../plan/model.ts';
import { supervisorName } from '../../plan/paths.ts';
import type { ObservedService, ServiceState } from '../driver.ts';
import type { Jail } from './jail.ts';
import { askHealth } from './readiness.ts';
import { nextDelayMs, type RestartRules } from './restart.ts';

export interface ServiceParts {
  readonly plan: ServicePlan;
  readonly log: LogFile;
  readonly restart: RestartRules;
  readonly stopGraceMs: number;
  /** Makes and starts the jail; each call is a new one. */
  readonly launch: () => Promise<Jail>;
  /** Lets go of what was kept for it beside its jail. */
  readonly release: () => Promise<void>;
  /** Host folder of the admin socket that the supervisor asks. */
  readonly adminFolder: string;
  /** Why the last jail ended beyond its exit code: `it used more memory than ...`. */
  readonly explainEnd: () => string | null;
}

const healthTimeoutMs = 1_000;
const pollMs = { first: 10, longest: 100 } as const;

export class SupervisedService {
  readonly plan: ServicePlan;
  readonly #parts: ServiceParts;
  readonly #stopping = new AbortController();
  #jail: Jail | null = null;
  #state: ServiceState = 'starting';
  #startedAt: number | null = null;
  #restarts = 0;
  #endsInARow = 0;
  #detail: string | null = null;
  /** How it ended last, told until it has been up long enough to forget it. */
  #lastEnd: string | null = null;
  #starting: Promise<void> = Promise.resolve();
  #watch: Promise<void> = Promise.resolve();

  constructor(parts: ServiceParts) {
    this.plan = parts.plan;
    this.#parts = parts;
  }

  /**
   * Resolves when the service is ready. After that it is kept up until stop().
   * @throws ClincherError `service-failed` and what the jail's start throws; nothing of it is left
   * then
   */
  async start(): Promise<void> {
    const started = this.#startOnce();
    this.#starting = started.catch(() => {});
    await started;
  }

  /** Resolves when no process of it is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await this.#jail?.stop(this.#parts.stopGraceMs);
    await this.#watch;
    await this.#parts.release();
    this.#state = 'stopped';
    this.#parts.log.close();
  }

  async #startOnce(): Promise<void> {
    try {
      const jail = await this.#launch();
      await this.#untilReady(jail);
      this.#watch = this.#keep(jail);
    } catch (error) {
      this.#stopping.abort();
      await this.#jail?.stop(this.#parts.stopGraceMs);
      await this.#parts.release();
      this.#state = 'stopped';
      this.#parts.log.close();
      throw error;
    }
  }

  /** Asks it now: a service that was ready a minute ago may not be. */
  async observe(): Promise<ObservedService> {
    if (this.#state === 'ready') {
      const health = await askHealth(this.#parts.adminFolder, healthTimeoutMs);
      if (this.#state === 'ready') this.#detail = health.detail ?? null;
      if (!health.ready) return { ...this.#observed(), state: 'starting' };
    }
    return this.#observed();
  }

  #observed(): ObservedService {
    const lost = this.#parts.log.lost();
    const gap =
      lost.code === null
        ? null
        : `its log cannot be written: ${lost.code}, ${lost.lines} lines lost`;
    return {
      name: this.plan.name,
      state: this.#state,
      hash: this.plan.hash,
      pid: this.#jail?.hasEnded() === false ? this.#jail.pid : null,
      startedAt: this.#startedAt,
      restarts: this.#restarts,
      detail:
        [this.#toldEnd(), this.#detail, gap].filter((part) => part !== null).join('; ') || null,
    };
  }

  #toldEnd(): string | null {
    const upMs = Date.now() - (this.#startedAt ?? 0);
    const isForgotten = this.#state === 'ready' && upMs >= this.#parts.restart.stableMs;
    return isForgotten ? null : this.#lastEnd;
  }

  async #launch(): Promise<Jail> {
    try {
      this.#jail = await this.#parts.launch();
    } catch (error) {
      // bubblewrap says on the service's own output what it could not do.
      const isUntold = error instanceof ClincherError && error.code === 'service-failed';
      throw isUntold ? this.#failed(error.message) : error;
    }
    this.#startedAt = Date.now();
    return this.#jail;
  }

  async #untilReady(jail: Jail): Promise<void> {
    const deadline = performance.now() + this.plan.readyTimeoutMs;
    let ended: string | null = null;
    jail.ended.then((outcome) => {
      ended = outcome;
    });
    let waitMs: number = pollMs.first;
    for (;;) {
      const health = await askHealth(this.#parts.adminFolder, healthTimeoutMs);
      if (ended !== null)
        throw this.#failed(`${this.plan.name} ended before it was ready (${this.#endText(ended)})`);
      if (health.ready) {
        this.#state = 'ready';
        this.#detail = health.detail ?? null;
        return;
      }
      this.#detail = health.detail ?? null;
      if (performance.now() > deadline) {
        const why = health.detail === undefined ? '' : `: ${health.detail}`;
        throw this.#failed(
          `${this.plan.name} was not ready after ${this.plan.readyTimeoutMs} ms${why}`,
        );
      }
      await Promise.race([pause(waitMs, this.#stopping.signal), jail.ended]);
      if (this.#stopping.signal.aborted)
        throw this.#failed(`${this.plan.name} was stopped before it was ready`);
      waitMs = Math.min(pollMs.longest, waitMs * 1.5);
    }
  }

  /** Runs for as long as the service shall be up. */
  async #keep(first: Jail): Promise<void> {
    let jail: Jail | null = first;
    while (!this.#stopping.signal.aborted) {
      const outcome: string = jail === null ? 'not started' : await jail.ended;
      if (this.#stopping.signal.aborted) return;
      if (jail !== null) this.#noteEnd(outcome);
      const waitMs = nextDelayMs(this.#parts.restart, this.#endsInARow);
      if (waitMs === null) {
        this.#state = 'failed';
        return;
      }
      await pause(waitMs, this.#stopping.signal);
      jail = await this.#again();
    }
  }

  #noteEnd(outcome: string): void {
    const upMs = Date.now() - (this.#startedAt ?? 0);
    if (this.#state === 'ready' && upMs >= this.#parts.restart.stableMs) this.#endsInARow = 0;
    this.#endsInARow += 1;
    this.#state = 'restarting';
    this.#detail = null;
    this.#lastEnd = `ended (${this.#endText(outcome)})`;
    this.#parts.log.write(`[clincher] ${this.plan.name} ${this.#lastEnd}`);
  }

  async #again(): Promise<Jail | null> {
    if (this.#stopping.signal.aborted) return null;
    this.#restarts += 1;
    let jail: Jail | null = null;
    try {
      jail = await this.#launch();
      // stop() may have come while the jail was being made, and did not see it.
      if (this.#stopping.signal.aborted) await jail.stop(this.#parts.stopGraceMs);
      await this.#untilReady(jail);
      return jail;
    } catch (error) {
      await jail?.stop(this.#parts.stopGraceMs);
      if (this.#stopping.signal.aborted) return null;
      this.#endsInARow += 1;
      this.#state = 'restarting';
      this.#detail =
        error instanceof Error ? (error.message.split('\n')[0] ?? null) : String(error);
      return null;
    }
  }

  #endText(outcome: string): string {
    const why = this.#parts.explainEnd();
    return why === null ? outcome : `${outcome}: ${why}`;
  }

  #failed(what: string): ClincherError {
    const lines = this.#parts.log.tail().map((line) => `    ${spokenLine(line)}`);
    const said = lines.length === 0 ? ['    (it printed nothing)'] : lines;
    return new ClincherError('service-failed', [`${what}. Its last lines:`, ...said].join('\n'), {
      fix: `All it said: clincher logs ${this.plan.name}`,
    });
  }
}

/** Where the supervisor asks: the listening folder whose peer it is. */
export function adminEdgeOf(plan: ServicePlan): string | null {
  return plan.listens.find((each) => each.peer === supervisorName)?.edge ?? null;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, null, { signal }).catch(() => null);
}
