// Alarms, posted as JSON to an address of the user's through the egress proxy: one after the other,
// beside the calls and never on their way. One that cannot be delivered is given up and logged.

import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '../../../kit/world.ts';
import type { LogFields } from '../../../telemetry/log.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** What there is to raise. */
export type AlarmKind =
  | 'budget-exhausted'
  | 'budget-low'
  | 'key-blocked'
  | 'loop'
  | 'secret-in-prompt';

export interface Alarm {
  readonly kind: AlarmKind;
  readonly subject: string;
  readonly fields: LogFields;
}

export interface WebhookSettings {
  /** Gives the address once it is known; null before. */
  readonly url: () => URL | null;
  readonly connect: (origin: string) => Upstream;
  /** Before each further attempt at one alarm. */
  readonly waitsMs: readonly number[];
}

/** More than these waiting say nothing that they do not. */
const waitingMax = 100;
const answerMs = 10_000;

/** As the receivers of LiteLLM's alerts know them, where it has the like. */
const events: Readonly<Record<AlarmKind, string>> = {
  'budget-exhausted': 'budget_crossed',
  'budget-low': 'threshold_crossed',
  'key-blocked': 'key_blocked',
  loop: 'loop_detected',
  'secret-in-prompt': 'secret_in_prompt',
};

const sentences: Readonly<Record<AlarmKind, string>> = {
  'budget-exhausted': 'A budget has no room for a call, which was refused',
  'budget-low': 'A budget is nearly spent',
  'key-blocked': 'A key that is blocked was used',
  loop: 'The same request comes again and again',
  'secret-in-prompt': 'A secret of the stack was found in a prompt',
};

export class Webhook implements Disposable {
  readonly #settings: WebhookSettings;
  readonly #world: World;
  readonly #log: Telemetry['log'];
  readonly #waiting: Alarm[] = [];
  readonly #stop = new AbortController();
  #upstream: Upstream | null = null;
  #isSending = false;

  constructor(settings: WebhookSettings, world: World, log: Telemetry['log']) {
    this.#settings = settings;
    this.#world = world;
    this.#log = log;
  }

  /** Returns at once. */
  send(alarm: Alarm): void {
    if (this.#waiting.length < waitingMax) this.#waiting.push(alarm);
    else this.#giveUp(alarm, 'too many are waiting');
    if (!this.#isSending) void this.#work();
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#upstream?.[Symbol.dispose]();
  }

  async #work(): Promise<void> {
    this.#isSending = true;
    for (let alarm = this.#waiting.shift(); alarm !== undefined; alarm = this.#waiting.shift()) {
      if (this.#stop.signal.aborted) break;
      await this.#deliver(alarm);
    }
    this.#isSending = false;
  }

  async #deliver(alarm: Alarm): Promise<void> {
    const { waitsMs } = this.#settings;
    const body = Buffer.from(JSON.stringify(bodyOf(alarm, this.#world.now())));
    for (let attempt = 0; ; attempt += 1) {
      const fault = await this.#post(body);
      if (fault === null || this.#stop.signal.aborted) return;
      const waitMs = waitsMs[attempt];
      if (waitMs === undefined) return this.#giveUp(alarm, fault);
      await pause(waitMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** What went wrong; null when it was taken. */
  async #post(body: Buffer): Promise<string | null> {
    const url = this.#settings.url();
    if (url === null) return 'its address is not there, or is none';
    this.#upstream ??= this.#settings.connect(url.origin);
    try {
      const answer = await this.#upstream.call({
        path: `${url.pathname}${url.search}`,
        headers: { 'content-type': 'application/json', 'user-agent': 'clincher' },
        body: [body],
        requestId: this.#world.randomId(),
        firstByteMs: answerMs,
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(answerMs)]),
      });
      answer.body.destroy();
      return answer.status < 300 ? null : `it answered with ${answer.status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #giveUp({ kind, subject }: Alarm, why: string): void {
    this.#log.warn('alarm-not-sent', { kind, subject, error: why });
  }
}

function bodyOf({ kind, subject, fields }: Alarm, nowMs: number): object {
  return {
    event: events[kind],
    event_group: 'proxy',
    event_message: `${sentences[kind]}: ${subject}`,
    ...{ kind, subject, ...fields, time: new Date(nowMs).toISOString() },
  };
}
