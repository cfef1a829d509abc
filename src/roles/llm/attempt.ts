// One attempt at one deployment: the provider's request, its answer up to the first byte, or the
// reason why there is none and whether the work may have been billed.

import type { IncomingHttpHeaders } from 'node:http';
import { classify, type FailureClass } from '../../policy/llm-failure.ts';
import type { Candidate } from '../../policy/llm-route.ts';
import type { Translation } from '../../policy/llm-translation.ts';
import type { Reason } from '../../policy/reasons.ts';
import { Deadline } from './deadline.ts';
import { firstChunk, readErrorText } from './first-byte.ts';
import type { House } from './house.ts';
import {
  type Asked,
  type Place,
  type ProviderRequest,
  providerRequest,
} from './provider-request.ts';
import type { AnswerBody } from './upstream/answer-body.ts';
import { UpstreamFailure } from './upstream/upstream.ts';

export interface Answered {
  readonly kind: 'answered';
  readonly candidate: Candidate;
  readonly sent: ProviderRequest;
  readonly translation: Translation | null;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Nothing of it has been read. */
  readonly body: AnswerBody;
  /** In the world's monotonic milliseconds. */
  readonly startedMs: number;
  readonly firstByteMs: number;
  readonly tunnel: string;
  /** Runs until the answer has been relayed. */
  readonly deadline: Deadline;
}

export interface Failed {
  readonly kind: 'failed';
  readonly candidate: Candidate;
  readonly errorClass: FailureClass;
  readonly reason: Reason;
  readonly message: string;
  /** Whether the provider may have done, and billed, the work. */
  readonly billed: boolean;
  /** The provider never got it. */
  readonly unsent: boolean;
  readonly retryAfterMs: number | null;
  readonly egressReason: string | null;
  readonly cause: string | null;
  /** The provider's own error, without its key, to be sent on when nothing else is left. */
  readonly answer: ErrorAnswer | null;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly translation: Translation | null;
}

export interface AttemptBounds {
  readonly attemptMs: number | null;
  readonly firstByteMs: number;
}

/** `signal` aborts when the client is gone or the whole request has had its time. Never rejects. */
export async function attempt(
  house: House,
  asked: Asked,
  candidate: Candidate,
  bounds: AttemptBounds,
  signal: AbortSignal,
): Promise<Answered | Failed> {
  const fail = (failure: Partial<Failed>): Failed => ({ ...unreached, candidate, ...failure });
  const place = house.placeOf(candidate.id);
  if ('missing' in place) {
    return fail({
      errorClass: 'auth',
      reason: 'provider-key-missing',
      message: place.missing,
      unsent: true,
    });
  }
  const { api } = asked.request;
  const translation = candidate.api === api ? null : await house.translation(api, candidate.api);
  const now = house.world.now();
  const sent = providerRequest(asked, candidate, place, translation, now);
  if ('refused' in sent) {
    const message = `This request cannot be put into the API of "${candidate.group}": ${sent.refused}.`;
    return fail({
      errorClass: 'bad-request',
      reason: 'translation-impossible',
      message,
      unsent: true,
    });
  }
  const deadline = new Deadline(signal, bounds);
  const startedMs = house.world.monotonicMs();
  const end = (failure: Partial<Failed>) => {
    deadline.end();
    return fail(failure);
  };
  try {
    const answer = await place.upstream.call({
      ...{ path: sent.path, headers: sent.headers, body: sent.body, requestId: asked.requestId },
      ...{ firstByteMs: bounds.firstByteMs, signal: deadline.signal },
    });
    const { status, headers, body, tunnel } = answer;
    if (status >= 300) {
      return end(await refusal({ status, headers, body, translation }, place, now));
    }
    if (translation !== null && isPacked(headers)) {
      body.destroy();
      return end(packed(place));
    }
    const first = await firstChunk(body);
    if ('fault' in first) return end(faultOf(first.fault, place, deadline));
    const firstByteMs = Math.round(house.world.monotonicMs() - startedMs);
    deadline.firstByte();
    const more = { sent, translation, status, headers, body, tunnel, deadline };
    return { kind: 'answered', candidate, startedMs, firstByteMs, ...more };
  } catch (error) {
    return end(failureOf(error, place, deadline));
  }
}

const unreached: Omit<Failed, 'candidate'> = {
  kind: 'failed',
  errorClass: 'unreachable',
  reason: 'upstream-unreachable',
  message: '',
  billed: false,
  unsent: false,
  retryAfterMs: null,
  egressReason: null,
  cause: null,
  answer: null,
};

type PlaceWithKey = Place & { readonly keyHint: string };

async function refusal(
  answer: Omit<ErrorAnswer, 'text'> & { readonly body: AnswerBody },
  { provider, secret }: PlaceWithKey,
  nowMs: number,
): Promise<Partial<Failed>> {
  const { status, headers, body, translation } = answer;
  const text = await readErrorText(body);
  const { errorClass, billed, retryAfterMs } = classify({ status, headers, text }, nowMs);
  const isOurKey = status === 401;
  return {
    ...{ errorClass, billed, retryAfterMs },
    reason: isOurKey ? 'provider-key-rejected' : 'provider-error',
    // The client would take a 401 for its own key's.
    message: isOurKey
      ? `The provider ${provider.name} did not accept its key (${provider.keyHint}).`
      : `The provider ${provider.name} answered with ${status}.`,
    // A provider may quote our key in its error.
    answer: {
      ...{ status, headers, translation },
      text: secret === '' ? text : text.replaceAll(secret, '***'),
    },
  };
}

/** It was asked not to; nothing here unpacks what could come to any size. */
function isPacked({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): boolean {
  return encoding !== 'identity';
}

function packed({ provider: { name } }: Place): Partial<Failed> {
  const message = `The provider ${name} compressed its answer, which cannot be translated then.`;
  return { reason: 'answer-broken', message, billed: true };
}

/** The answer began with a 200, and came to nothing before its first byte. */
function faultOf(
  fault: 'ended' | 'overloaded' | Error,
  { provider: { name } }: Place,
  deadline: Deadline,
): Partial<Failed> {
  if (fault === 'overloaded') {
    const message = `The provider ${name} is overloaded.`;
    return { errorClass: 'server-error', reason: 'provider-error', message };
  }
  const late = lateness(deadline, name);
  if (late !== null) return { ...late, billed: true };
  const message = `The provider ${name} ended its answer before it began.`;
  const cause = fault instanceof Error ? fault.message : null;
  return { reason: 'answer-broken', message, billed: true, cause };
}

function failureOf(error: unknown, { provider: { name } }: Place, deadline: Deadline) {
  if (!(error instanceof UpstreamFailure)) throw error;
  const { reason, message, sent, egressReason } = error;
  const late = lateness(deadline, name);
  const cause = error.cause instanceof Error ? error.cause.message : null;
  const failure = { billed: sent, unsent: !sent, egressReason, cause };
  if (late !== null) return { ...failure, ...late };
  const errorClass = reason === 'provider-timeout' ? 'timeout' : 'unreachable';
  return { ...failure, errorClass, reason, message } as const;
}

function lateness(deadline: Deadline, name: string): Partial<Failed> | null {
  const { expired } = deadline;
  if (expired === null) return null;
  const message = `The provider ${name} was too slow: ${expired.what} had ${expired.ms} ms.`;
  return { errorClass: 'timeout', reason: 'provider-timeout', message };
}
