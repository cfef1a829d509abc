// From an allowed name to a connected socket: resolve once, judge every answer, dial the ones
// that passed.

import type { Socket } from 'node:net';
import type { World } from '../../kit/world.ts';
import { type Dial, DialTimeout } from '../../net/dial.ts';
import type { AddressClass } from '../../policy/address-ranges.ts';
import {
  type AddressDecision,
  decideAddress,
  type EgressPolicy,
  type EgressRequest,
  egressFix,
} from '../../policy/egress.ts';
import type { Host } from '../../policy/host.ts';
import { type Refusal, refuse, type Step } from './refusal.ts';
import type { EgressSettings } from './settings.ts';

export interface Reached {
  readonly far: Socket;
  readonly address: string;
  readonly class: AddressClass;
  /** The exception that allowed an address that is not public, or null. */
  readonly rule: string | null;
  /** How many of the answers were refused. */
  readonly answersDenied: number;
}

type Allowed = AddressDecision & { readonly address: string; readonly class: AddressClass };

/** The name must be allowed already: asking the resolver tells the outside what was asked. */
export async function reach(
  settings: EgressSettings,
  world: World,
  policy: EgressPolicy,
  dial: Dial,
  host: Host,
  request: EgressRequest,
): Promise<Step<Reached>> {
  const answers = await resolveHost(settings, world, host);
  if ('no' in answers) return answers;
  const decisions = answers.ok.map((answer) => decideAddress(policy, answer, request.port));
  const allowed = decisions.filter(isAllowed);
  if (allowed.length === 0) return refuseAddresses(decisions, request);
  const dialled = await dialInOrder(settings, world, dial, allowed, request.port);
  if ('no' in dialled) return dialled;
  return { ok: { ...dialled.ok, answersDenied: decisions.length - allowed.length } };
}

function isAllowed(decision: AddressDecision): decision is Allowed {
  return decision.verdict === 'allow' && decision.address !== null && decision.class !== null;
}

function refuseAddresses(
  decisions: readonly AddressDecision[],
  request: EgressRequest,
): Step<never> {
  const [first] = decisions;
  if (first === undefined) return refuse('name-unresolvable');
  const { address, class: addressClass } = first;
  const fix = egressFix(request, first);
  return refuse(first.reason, first.rule, { address, class: addressClass, fix });
}

/** settings.resolve first, then the resolver, once, within its deadline. */
async function resolveHost(
  settings: EgressSettings,
  world: World,
  host: Host,
): Promise<Step<readonly string[]>> {
  if (host.kind === 'address') return { ok: [host.text] };
  // Own keys only: `constructor` is a host name too.
  if (Object.hasOwn(settings.resolve, host.text)) return { ok: settings.resolve[host.text] ?? [] };
  const { resolveTimeoutMs, answersMax } = settings.limits;
  const answers = await withDeadline(world.resolve(host.text), resolveTimeoutMs);
  if (answers === 'timeout') return refuse('resolve-timeout');
  if ('error' in answers) return refuse('name-unresolvable', null, { error: answers.error });
  if (answers.value.length > answersMax) return refuse('answers-too-many');
  return { ok: answers.value };
}

async function withDeadline<T>(
  work: Promise<T>,
  timeoutMs: number,
): Promise<{ value: T } | { error: string } | 'timeout'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'timeout');
  });
  const done = work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: errorCode(error) }),
  );
  const first = await Promise.race([done, late]);
  clearTimeout(timer);
  return first;
}

/**
 * One deadline over all addresses, shared out so that a first one that hangs leaves time for the
 * next.
 */
async function dialInOrder(
  settings: EgressSettings,
  world: World,
  dial: Dial,
  allowed: readonly Allowed[],
  port: number,
): Promise<Step<Omit<Reached, 'answersDenied'>>> {
  const deadlineMs = world.monotonicMs() + settings.limits.dialTimeoutMs;
  let last: Refusal = { reason: 'dial-timeout', rule: null };
  for (const [index, { address, class: addressClass, rule }] of allowed.entries()) {
    const leftMs = deadlineMs - world.monotonicMs();
    if (leftMs <= 0) break;
    try {
      const far = await dial(address, port, Math.ceil(leftMs / (allowed.length - index)));
      return { ok: { far, address, class: addressClass, rule } };
    } catch (error) {
      const reason = error instanceof DialTimeout ? 'dial-timeout' : 'upstream-unreachable';
      const fields = { address, class: addressClass, error: errorCode(error) };
      last = { reason, rule, fields };
    }
  }
  return { no: last };
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
