// From an allowed name to a connected socket: resolve once, judge every answer, dial the ones
// that passed. Or, where a rule says so, through another proxy.

import type { Socket } from 'node:net';
import { DialTimeout } from '../../net/dial.ts';
import type { AddressClass } from '../../policy/address-ranges.ts';
import {
  type AddressDecision,
  decideAddress,
  type EgressRequest,
  type EgressRule,
  egressFix,
} from '../../policy/egress.ts';
import { allowedClientProxy } from '../../policy/egress-client-proxy.ts';
import type { Host } from '../../policy/host.ts';
import { dialAnswers } from './dial-answers.ts';
import type { EgressContext } from './exchange.ts';
import type { Rules } from './live-rules.ts';
import type { EgressFields } from './record.ts';
import { refuse, type Step } from './refusal.ts';
import { errorCode } from './resolve-host.ts';
import { askFor, reachThrough } from './upstream.ts';

export interface Reached {
  readonly far: Socket;
  /** The address that was judged and dialled; null when another proxy dials it. */
  readonly address: string | null;
  /** The port there: another than was asked for where it is that of a proxy. */
  readonly port: number;
  /** The exception that allowed an address that is not public, or null. */
  readonly rule: string | null;
  /** What came right behind another proxy's answer. */
  readonly early: Buffer;
  /** For the record: address, class, answersDenied, via, times. */
  readonly fields: EgressFields;
}

/** An allowed request, and what decided it. */
export interface AllowedRequest extends EgressRequest {
  readonly rules: Rules;
  readonly name: Host;
  readonly matched: EgressRule | null;
  /** The proxy that the client itself named, to be allowed by the rule. */
  readonly clientProxy: string | null;
}

const nothing = Buffer.alloc(0);

export async function reach(context: EgressContext, asked: AllowedRequest): Promise<Step<Reached>> {
  const proxy = asked.matched?.upstreamProxy;
  if (asked.clientProxy === null && proxy === undefined) {
    return reachHost(context, asked, asked.name, asked.port);
  }
  // A name is the other proxy's to resolve, but an address is judged before anybody dials it.
  const judged = asked.name.kind === 'address' ? judge(asked, [asked.name.text], asked.port) : null;
  if (judged !== null && 'no' in judged) return judged;
  if (asked.clientProxy !== null) return reachByClientProxy(context, asked, asked.clientProxy);
  return reachByProxy(context, asked, proxy ?? '');
}

async function reachByProxy(
  context: EgressContext,
  asked: AllowedRequest,
  proxy: string,
): Promise<Step<Reached>> {
  const { dialTimeoutMs } = context.settings.limits;
  const tunnel = await reachThrough(proxy, context.dial, asked, dialTimeoutMs);
  if ('no' in tunnel) return tunnel;
  const { port } = asked;
  return { ok: { ...tunnel.ok, address: null, port, rule: null, fields: { via: proxy } } };
}

/** Resolved, judged and dialled. */
async function reachHost(
  context: EgressContext,
  asked: AllowedRequest,
  host: Host,
  port: number,
): Promise<Step<Reached>> {
  const { world, settings, dial } = context;
  const startedMs = world.monotonicMs();
  const answers = await context.resolveHost(host, asked.rules.resolve);
  const resolveMs = Math.round(world.monotonicMs() - startedMs);
  if ('no' in answers)
    return { no: { ...answers.no, fields: { ...answers.no.fields, resolveMs } } };
  const judged = judge(asked, answers.ok, port);
  if ('no' in judged) return judged;
  const dialled = await dialAnswers(dial, judged.ok, port, settings.limits);
  const { address, class: addressClass, rule } = dialled.answer;
  const dialMs = Math.round(world.monotonicMs() - startedMs) - resolveMs;
  const fields = { address, class: addressClass, resolveMs, dialMs };
  if ('error' in dialled) {
    const late = dialled.error instanceof DialTimeout;
    const reason = late ? 'dial-timeout' : 'upstream-unreachable';
    return refuse(reason, rule, { ...fields, error: errorCode(dialled.error) });
  }
  const answersDenied = answers.ok.length - judged.ok.length;
  const { far } = dialled;
  return { ok: { far, address, port, rule, early: nothing, fields: { ...fields, answersDenied } } };
}

type Allowed = AddressDecision & { readonly address: string; readonly class: AddressClass };

function isAllowed(decision: AddressDecision): decision is Allowed {
  return decision.verdict === 'allow' && decision.address !== null && decision.class !== null;
}

/** The answers that may be dialled, at least one, or why the first one may not. */
function judge(
  asked: AllowedRequest,
  answers: readonly string[],
  port: number,
): Step<readonly [Allowed, ...Allowed[]]> {
  const decisions = answers.map((answer) => decideAddress(asked.rules.policy, answer, port));
  const [allowed, ...others] = decisions.filter(isAllowed);
  if (allowed !== undefined) return { ok: [allowed, ...others] };
  const [first] = decisions;
  if (first === undefined) return refuse('name-unresolvable');
  const { address, class: addressClass } = first;
  const fix = egressFix({ ...asked, port }, first);
  return refuse(first.reason, first.rule, { address, class: addressClass, fix });
}

/** The proxy that a client names is a host like any other: by a rule, and judged by its address. */
async function reachByClientProxy(
  context: EgressContext,
  asked: AllowedRequest,
  text: string,
): Promise<Step<Reached>> {
  const proxy = allowedClientProxy(asked.rules.policy, asked.matched, text);
  if (proxy === null) return refuse('proxy-not-allowed');
  const reached = await reachHost(context, asked, proxy.host, proxy.port);
  if ('no' in reached) return reached;
  const { dialTimeoutMs } = context.settings.limits;
  const tunnel = await askFor(reached.ok.far, asked, dialTimeoutMs);
  if ('no' in tunnel) return tunnel;
  const fields = { ...reached.ok.fields, via: `${proxy.host.text}:${proxy.port}` };
  return { ok: { ...reached.ok, ...tunnel.ok, fields } };
}
