// An agent that runs in a circle: the same request again and again, or the same few tool calls with
// the same results in turns. A person does neither, and who makes progress gets other results.

import { hash } from 'node:crypto';
import { type ModelRequest, memberOf } from '../../../policy/llm-request.ts';
import type { GuardSettings } from './settings.ts';

/** Of the conversation's end; together with its length that is enough to tell two apart. */
const tailBytes = 16 * 1024;
/** Requests and conversations that are remembered; the one seen longest ago is forgotten first. */
const entriesMax = 20_000;
/** As many steps in turns are a circle still. */
const cycleMax = 4;

export class Loops {
  readonly #settings: GuardSettings['loops'];
  readonly #seen = new Map<string, { sinceMs: number; count: number }>();
  readonly #steps = new Map<string, { said: string; steps: { step: string; atMs: number }[] }>();

  constructor(settings: GuardSettings['loops']) {
    this.#settings = settings;
  }

  /** How often it was asked by now where that is a loop; null where it is not. */
  seen(name: string, nowMs: number): number | null {
    const { repeats, withinMs } = this.#settings;
    if (repeats === 0) return null;
    const before = this.#seen.get(name);
    const isFresh = before === undefined || nowMs - before.sinceMs >= withinMs;
    const entry = isFresh ? { sinceMs: nowMs, count: 0 } : before;
    entry.count += 1;
    touch(this.#seen, name, entry);
    return entry.count > repeats ? entry.count : null;
  }

  /**
   * Of how many steps the circle is that the conversation has gone round in for as many steps as
   * are a loop; null where it has not. `said` tells a request from the same one sent again.
   */
  stepped(conversation: string, step: string, said: string, nowMs: number): number | null {
    const { repeats, withinMs } = this.#settings;
    if (repeats === 0) return null;
    const entry = this.#steps.get(conversation) ?? { said: '', steps: [] };
    if (entry.said !== said) entry.steps.push({ step, atMs: nowMs });
    entry.said = said;
    entry.steps.splice(0, entry.steps.length - repeats);
    touch(this.#steps, conversation, entry);
    const { steps } = entry;
    const [oldest] = steps;
    if (oldest === undefined || steps.length < repeats) return null;
    return nowMs - oldest.atMs >= withinMs ? null : cycleOf(steps.map((one) => one.step));
  }
}

/** The shortest that goes round twice at least. */
function cycleOf(steps: readonly string[]): number | null {
  for (let length = 1; length <= Math.min(cycleMax, steps.length / 2); length++) {
    if (steps.every((step, at) => at < length || step === steps[at - length])) return length;
  }
  return null;
}

function touch<Value>(entries: Map<string, Value>, name: string, entry: Value): void {
  entries.delete(name);
  entries.set(name, entry);
  if (entries.size <= entriesMax) return;
  const [oldest] = entries.keys();
  if (oldest !== undefined) entries.delete(oldest);
}

/** Of a conversation with a step in it, so much is said again with every further one. */
const openingBytes = 160;

/** Which conversation it is, where nothing names one: how it began, and which model is asked. */
export function openingOf(request: ModelRequest, body: Buffer): string {
  const [start, end] = saidIn(request, body);
  const opening = body.toString('latin1', start, Math.min(end, start + openingBytes));
  return `${request.model} ${opening}`;
}

/** What makes two requests the same: who asks which model, and what the conversation comes to. */
export function requestName(key: string, request: ModelRequest, body: Buffer): string {
  const { model, api } = request;
  const [start, end] = saidIn(request, body);
  const named = Buffer.from(`${key}\0${api}\0${model}\0${end - start}\0`);
  const tail = body.subarray(Math.max(start, end - tailBytes), end);
  return hash('sha256', Buffer.concat([named, tail]), 'base64url');
}

function saidIn({ scan }: ModelRequest, body: Buffer): readonly [number, number] {
  const said = ['messages', 'input', 'prompt'].flatMap((name) => memberOf(scan, name) ?? [])[0];
  return said === undefined ? [0, body.length] : [said.valueStart, said.valueEnd];
}
