// What a call refers to, found by asking the daemon, by its own rules, what it means by that text:
// name, id or the beginning of one. From here on only the full id is used, so a name that comes to
// mean another container meanwhile changes nothing.

import type { AnswerHead } from '../../net/http1/answer-head.ts';
import type { Call, Refusal } from '../../policy/docker/model.ts';
import { notFound } from '../../policy/docker/refusal.ts';
import { ownerLabel } from '../../policy/docker/reserved.ts';
import {
  idOf,
  inScope,
  isOwnContainer,
  isOwned,
  referencePath,
} from '../../policy/docker/scope.ts';
import { askWhole } from './ask-daemon.ts';
import type { DaemonFailure } from './daemon-pool.ts';
import type { Exchange } from './exchange.ts';
import type { KnownExec } from './execs.ts';
import { refusalOf } from './give-refusal.ts';
import type { Read } from './known-inspects.ts';

export interface Resolved {
  readonly kind: 'resolved';
  /** What stands in the daemon's path; null when the path names nothing. */
  readonly id: string | null;
  /** Of a container: what was asked about it, for whoever needs it again. */
  readonly inspected: Inspected | null;
  readonly exec: KnownExec | null;
  /** It is the container that the caller itself runs in. */
  readonly isOwn: boolean;
}

export interface Inspected {
  readonly head: AnswerHead;
  readonly body: Buffer;
  readonly value: unknown;
  /** Null where it is no container's. */
  readonly read: Read | null;
}

const plain = { kind: 'resolved', id: null, inspected: null, exec: null, isOwn: false } as const;

export async function resolveReference(
  exchange: Exchange,
  call: Call,
): Promise<Resolved | Refusal | DaemonFailure> {
  const { reference, scoped } = call;
  if (reference === null) return plain;
  if (!scoped) return { ...plain, id: reference.text };
  if (reference.kind === 'container') return resolveContainer(exchange, call, reference.text);
  if (reference.kind === 'exec') {
    // Ids are random and whole: one that was made for this caller, or none.
    const exec = exchange.state.execs.find(reference.text);
    if (exec === null) return notFound(call);
    exchange.fields = { ...exchange.fields, exec: exec.id, container: exec.container };
    return { ...plain, id: exec.id, exec };
  }
  exchange.fields = { ...exchange.fields, image: reference.text };
  return { ...plain, id: reference.text };
}

async function resolveContainer(
  exchange: Exchange,
  call: Call,
  text: string,
): Promise<Resolved | Refusal | DaemonFailure> {
  const { state } = exchange;
  const inspected = await inspectContainer(exchange, call.version, text);
  if ('failed' in inspected) return inspected;
  // Whatever else it says of this text, "several begin like that" too, tells of others' containers.
  if (inspected.head.status !== 200) return notFound(call);
  const { value } = inspected;
  const id = idOf({ kind: 'container', text }, value);
  if (id === null) return refusalOf('docker-answer-unclear');
  if (!inScope(state.policy, call, value)) return notFound(call);
  if (isOwned(state.policy, labelsOf(value))) {
    const labelled = await isImageLabelled(exchange, value);
    if (typeof labelled === 'object') return labelled;
    if (labelled) return notFound(call);
  }
  const name = id === text ? {} : { name: text };
  exchange.fields = { ...exchange.fields, container: id, ...name };
  return { ...plain, id, inspected, isOwn: isOwnContainer(state.policy, value) };
}

/** By the rules of the version that the caller speaks: its answer may be what the caller gets. */
export async function inspectContainer(
  exchange: Exchange,
  version: string | null,
  text: string,
): Promise<Inspected | DaemonFailure> {
  const { pool, settings } = exchange.context;
  const prefix = version === null ? '' : `/v${version}`;
  const path = `${prefix}${referencePath({ kind: 'container', text })}`;
  const answer = await askWhole(
    pool,
    { method: 'GET', path, body: null, upgrade: null },
    { timeoutMs: settings.limits.answerTimeoutMs, bytesMax: settings.limits.answerBytesMax },
    (abandon) => {
      exchange.abandon = abandon;
    },
  );
  if ('failed' in answer) return answer;
  const { head, body } = answer;
  if (head.status !== 200) return { head, body, value: null, read: null };
  const read = exchange.state.inspects.of(path, body, parsed);
  return { head, body, value: read.value, read };
}

/** Images that are remembered. */
const imagesMax = 256;

/**
 * A container has the labels of its image. One whose image has ours may have been made by anybody,
 * and is nobody's; so is one whose image is gone.
 */
async function isImageLabelled(
  exchange: Exchange,
  container: unknown,
): Promise<boolean | DaemonFailure> {
  const { context, state } = exchange;
  const image = fieldOf(container, 'Image');
  if (typeof image !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(image)) return false;
  const known = state.labelledImages.get(image);
  if (known !== undefined) return known;
  const { answerTimeoutMs: timeoutMs, answerBytesMax: bytesMax } = context.settings.limits;
  const call = { method: 'GET', path: `/images/${image}/json`, body: null, upgrade: null };
  const answer = await askWhole(context.pool, call, { timeoutMs, bytesMax });
  if ('failed' in answer) return answer;
  if (answer.head.status !== 200) return true;
  const labels = labelsOf(parsed(answer.body));
  const labelled = fieldOf(labels, ownerLabel) !== undefined;
  if (state.labelledImages.size >= imagesMax) state.labelledImages.clear();
  state.labelledImages.set(image, labelled);
  return labelled;
}

function labelsOf(value: unknown): unknown {
  return fieldOf(fieldOf(value, 'Config'), 'Labels');
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}

export function idIn(value: unknown): string | null {
  const id = typeof value === 'object' && value !== null ? Reflect.get(value, 'Id') : undefined;
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id) ? id : null;
}
