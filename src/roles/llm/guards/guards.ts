// What is looked at in every request before money moves: secrets on their way out, loops, and turns
// that nobody asked for.

import { type AgentHeaders, type AgentMarks, agentOf } from '../../../policy/llm-agent.ts';
import {
  type FindSecrets,
  type KnownSecret,
  makeSecretFinder,
} from '../../../policy/llm-known-secrets.ts';
import { lastStep } from '../../../policy/llm-last-step.ts';
import type { ModelRequest } from '../../../policy/llm-request.ts';
import { makeSecretScanner, type SecretScanner } from '../../../policy/llm-secret-scan.ts';
import type { Reason } from '../../../policy/reasons.ts';
import type { Alarms } from '../alarms/alarms.ts';
import { Loops, openingOf, requestName } from './loops.ts';
import type { GuardSettings } from './settings.ts';

export interface Refused {
  readonly reason: Reason;
  readonly message: string;
}

export interface Passed extends AgentMarks {
  /** The model to ask for instead; null: the one that was asked for. */
  readonly model: string | null;
  /** Places in the body that were written over. */
  readonly masked: number;
}

/** A secret whose file came later is looked for after this. */
const secretsFreshMs = 1_000;

export class Guards {
  readonly #settings: GuardSettings;
  readonly #loops: Loops;
  readonly #heartbeatMarks: SecretScanner;
  readonly #alarms: Alarms;
  readonly #secrets: () => readonly KnownSecret[];
  #known: readonly KnownSecret[] = [];
  #knownMs = Number.NEGATIVE_INFINITY;
  #find: FindSecrets = makeSecretFinder([]);

  /** `secrets` gives those that are known by now: files may come later. */
  constructor(settings: GuardSettings, alarms: Alarms, secrets: () => readonly KnownSecret[]) {
    this.#settings = settings;
    this.#alarms = alarms;
    this.#secrets = secrets;
    this.#loops = new Loops(settings.loops);
    const marks = settings.heartbeats.marks.map((mark) => Buffer.from(mark));
    this.#heartbeatMarks = makeSecretScanner(marks);
  }

  /** Before the body is read as JSON: what is masked is written over in `body` itself. */
  mask(body: Buffer, key: string, nowMs: number): number | Refused {
    const { secrets } = this.#settings;
    if (secrets === 'off') return 0;
    const seen = this.#current(nowMs)(body);
    if (seen === null) return 0;
    const { places, names, canMask } = seen;
    const action = canMask ? secrets : 'refuse';
    // Another secret is another thing to hear of.
    this.#alarms.raise('secret-in-prompt', `${key} ${names.join(' ')}`, {
      ...{ key, places: places.length, secrets: names.join(' '), action },
    });
    if (action === 'mask') {
      for (const { start, end } of places) body.fill('*', start, end);
      return places.length;
    }
    const message = 'The request carries a secret of this stack; it was not sent anywhere.';
    return { reason: 'secret-in-prompt', message };
  }

  look(
    headers: AgentHeaders,
    request: ModelRequest,
    body: Buffer,
    key: string,
    nowMs: number,
  ): Omit<Passed, 'masked'> | Refused {
    const { heartbeats, loops, providerTools } = this.#settings;
    if (request.serverTools !== null && providerTools === 'refuse') {
      const [tool] = request.serverTools.types;
      const message =
        `The tool ${tool} runs at the provider, past egress. To allow it, say so in clincher.yaml: ` +
        'guards: { providerTools: allow }.';
      return { reason: 'provider-tool-refused', message };
    }
    const marks = agentOf(headers, request, body, this.#heartbeatMarks);
    const looped = this.#looped(request, body, key, marks.session, nowMs);
    if (looped !== null) {
      const { message, ...fields } = looped;
      this.#alarms.raise('loop', key, { ...fields, session: marks.session, action: loops.action });
      if (loops.action === 'refuse') return { reason: 'loop-detected', message };
    }
    return { ...marks, model: marks.heartbeat ? heartbeats.model : null };
  }

  /** A request that came too often, or a conversation that goes round in a circle. */
  #looped(
    request: ModelRequest,
    body: Buffer,
    key: string,
    session: string | null,
    nowMs: number,
  ): { readonly message: string; readonly count?: number; readonly cycle?: number } | null {
    const name = requestName(key, request, body);
    const count = this.#loops.seen(name, nowMs);
    if (count !== null) {
      const often = `The same request came ${count} times in a short while`;
      return { count, message: `${often}: this looks like a loop.` };
    }
    const step = lastStep(request, body);
    if (step === null) return null;
    const conversation = `${key} ${session ?? openingOf(request, body)}`;
    const cycle = this.#loops.stepped(conversation, step, name, nowMs);
    if (cycle === null) return null;
    const what = cycle === 1 ? 'The same tool call' : `The same ${cycle} tool calls`;
    return { cycle, message: `${what} gave the same again and again: this looks like a loop.` };
  }

  #current(nowMs: number): FindSecrets {
    if (nowMs - this.#knownMs < secretsFreshMs) return this.#find;
    this.#knownMs = nowMs;
    const now = this.#secrets();
    if (
      now.length !== this.#known.length ||
      now.some(({ text }, n) => text !== this.#known[n]?.text)
    ) {
      this.#known = now;
      this.#find = makeSecretFinder(now);
    }
    return this.#find;
  }
}
