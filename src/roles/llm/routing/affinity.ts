// Which deployment has a conversation: the one that answered it last has its prompt in the cache,
// made the signatures of its thoughts, and keeps the responses that others go on from.

import { createHash } from 'node:crypto';
import { type ModelRequest, memberOf } from '../../../policy/llm-request.ts';

export interface AffinitySettings {
  readonly affinityEntriesMax: number;
  readonly affinityMs: number;
}

interface Entry {
  readonly deployment: string;
  readonly untilMs: number;
}

/** Where several instances remember together. Neither waits long, nor rejects. */
export interface Elsewhere {
  get(name: string): Promise<string | null>;
  set(name: string, deployment: string): void;
}

/** Least recently used goes first when it is full. */
export class Affinity {
  readonly #settings: AffinitySettings;
  readonly #entries = new Map<string, Entry>();
  /** Null where this is the only instance. */
  elsewhere: Elsewhere | null = null;

  constructor(settings: AffinitySettings) {
    this.#settings = settings;
  }

  /** Another instance is asked for what is not known here. */
  async find(name: string, nowMs: number): Promise<string | null> {
    return this.get(name, nowMs) ?? (await this.elsewhere?.get(name)) ?? null;
  }

  get(name: string, nowMs: number): string | null {
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    if (entry.untilMs > nowMs) return entry.deployment;
    this.#entries.delete(name);
    return null;
  }

  set(name: string, deployment: string, nowMs: number): void {
    const { affinityEntriesMax, affinityMs } = this.#settings;
    if (affinityEntriesMax === 0) return;
    // Others need not hear of every turn.
    const known = this.#entries.get(name);
    const isNews = known?.deployment !== deployment || known.untilMs - nowMs < affinityMs / 2;
    if (isNews) this.elsewhere?.set(name, deployment);
    this.#entries.delete(name);
    this.#entries.set(name, { deployment, untilMs: nowMs + affinityMs });
    if (this.#entries.size <= affinityEntriesMax) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Of what a conversation begins with; a client sends it again with every turn. */
const openingBytes = 2_048;

/**
 * A name for the conversation: who speaks, with which model, and how it began. Null where there is
 * none to go on with.
 */
export function conversationName(
  key: string,
  request: ModelRequest,
  body: Uint8Array,
): string | null {
  const said = memberOf(request.scan, request.api === 'responses' ? 'input' : 'messages');
  if (said === undefined || said.kind !== 'array') return null;
  const end = Math.min(said.valueEnd - 1, said.valueStart + openingBytes);
  const opening = body.subarray(said.valueStart, end);
  const hash = createHash('sha256').update(`${key}\0${request.model}\0`).update(opening);
  return `c:${hash.digest('base64url')}`;
}

/** Whose an answer of the Responses API is, and where it is kept. */
export interface Made {
  /** The virtual key's name. */
  readonly key: string;
  readonly deployment: string;
}

export function madeText({ key, deployment }: Made): string {
  return `${deployment}\n${key}`;
}

/** Null where it is nothing of that kind: others may write where instances remember together. */
export function readMade(text: string | null): Made | null {
  const [, deployment, key] = /^([^\n]+)\n(.+)$/s.exec(text ?? '') ?? [];
  return deployment === undefined || key === undefined ? null : { key, deployment };
}

/** The name that such an answer is remembered under. */
export function responseName(id: string): string {
  return `r:${id.slice(0, 256)}`;
}
