// The life of one model call: body, plan, reservation, attempts, the answer, settlement. Each step
// is a file of its own, in this order. The loop of attempts goes on only while no byte of an answer
// has gone to the client.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AgentMarks } from '../../policy/llm-agent.ts';
import type { Api } from '../../policy/llm-api.ts';
import { marksPay } from '../../policy/llm-cache-marks.ts';
import { planRoutes } from '../../policy/llm-plan.ts';
import { type ModelRequest, memberOf, readModelRequest } from '../../policy/llm-request.ts';
import { allCandidates, type RoutePlan } from '../../policy/llm-route.ts';
import { makeAttempts } from './attempts.ts';
import { CallMoney } from './call-money.ts';
import { TotalTimeout } from './deadline.ts';
import { estimatesCount } from './estimate-count.ts';
import { failCall, refuseNoneLeft } from './fail-call.ts';
import type { House } from './house.ts';
import type { Asked } from './provider-request.ts';
import { relayAnswer } from './relay-answer.ts';
import { conversationName, madeText, readMade, responseName } from './routing/affinity.ts';
import type { Ticket } from './ticket.ts';

/** `search` is what of the URL goes to the provider. */
export async function modelCall(
  house: House,
  ticket: Ticket,
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  allowed: readonly string[] | null,
  api: Api,
  search: string,
): Promise<void> {
  if (request.headers['content-encoding'] !== undefined) {
    const message = 'A compressed body cannot be read here; send it as it is.';
    return ticket.refuse({ reason: 'request-malformed', message });
  }
  const coding = request.headers['transfer-encoding'];
  // RFC 9112, section 6.1: Node ends the connection at the body's end without a word of why.
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    const message = 'The only transfer coding that is known here is chunked.';
    return ticket.refuse({ reason: 'request-malformed', message });
  }
  const read = await house.bodies.read(request);
  if ('refused' in read) return refuseBody(house, ticket, read.refused);
  try {
    const { body } = read;
    ticket.carried(body.length, 0);
    const masked = house.guards.mask(body, key, house.world.monotonicMs());
    if (typeof masked !== 'number') return ticket.refuse(masked);
    if (masked > 0) ticket.note({ secretsMasked: masked });
    const found = readModelRequest(api, body);
    if ('fault' in found) {
      const message = `The request cannot be read: ${found.fault}.`;
      return ticket.refuse({ reason: 'request-malformed', message });
    }
    if (allowed !== null && !allowed.includes(found.model)) {
      const message = `This key may ask for ${allowed.join(', ')}.`;
      return ticket.refuse({ reason: 'model-not-allowed', message });
    }
    const { headers } = request;
    const now = house.world.monotonicMs();
    const agent = house.guards.look(headers, found, body, key, now);
    if ('reason' in agent) return ticket.refuse(agent);
    ticket.note({ session: agent.session, heartbeat: agent.heartbeat });
    const asked = {
      request: { ...found, model: agent.model ?? found.model },
      body,
      headers,
      search,
      requestId: ticket.requestId,
    };
    await work(house, ticket, response, key, agent, asked);
  } finally {
    read.release();
  }
}

async function work(
  house: House,
  ticket: Ticket,
  response: ServerResponse,
  key: string,
  agent: AgentMarks,
  asked: Asked,
): Promise<void> {
  const { request, body } = asked;
  const known = await knownDeployment(house, key, request, body);
  if (known === 'of-another') {
    const message = 'This key may not go on from that response: another key asked for it.';
    return ticket.refuse({ reason: 'request-malformed', message });
  }
  const { decision, message, plan } = planRoutes(request, house.book, {
    nowMs: house.world.now(),
    marksPay: request.api !== 'messages' || marksPay(request.scan, body.length),
    pinned: known.deployment,
  });
  ticket.rule(decision.rule);
  if (plan === null) {
    const isUnspoken = decision.reason === 'dialect-unsupported';
    if (isUnspoken && estimatesCount(ticket, response, asked, null)) return;
    return ticket.refuse({ reason: decision.reason, message });
  }
  const model = plan.primary.model;
  ticket.note({ key, model, stream: request.stream });
  await loadTranslations(house, request.api, plan);
  const call = { ticket, response, key, agent, asked, model };
  const cache = house.cache === null ? null : await house.cache.look(call);
  if (cache === 'answered') return;
  const money = new CallMoney(house, ticket, key, model, request, plan, agent);
  let total: ReturnType<typeof totalTimeout> | null = null;
  try {
    if (!(await money.reserve(false))) return;
    total = totalTimeout(ticket.signal, house.modelOf(model).totalMs);
    const { outcome, retries, fallbacks } = await makeAttempts(house, asked, {
      ...{ plan, preferred: known.deployment, signal: total.signal },
      affordable: (candidate) => money.covers(candidate),
      begin: (candidate) => money.begin(candidate),
      failed: (failure) => money.failed(failure),
    });
    if (retries > 0 || fallbacks > 0) ticket.note({ retries, fallbacks });
    if (outcome.kind === 'none-left') {
      money.release();
      if (estimatesCount(ticket, response, asked, null)) return;
      return refuseNoneLeft(ticket, model, outcome);
    }
    if (outcome.kind === 'failed') {
      money.ended(outcome);
      if (estimatesCount(ticket, response, asked, outcome)) return;
      return failCall(ticket, response, outcome, money.spentNanoUsd);
    }
    const more = { retries, fallbacks, model, includeUsage: asksForUsage(request, body), cache };
    const responseId = await relayAnswer(house, ticket, response, outcome, money, more);
    remember(house, key, outcome.candidate.id, known.name, responseId);
  } finally {
    total?.end();
    money.release();
    cache?.end();
  }
}

/** Before money is held: what cannot be loaded must not have cost anything. */
async function loadTranslations(house: House, api: Api, plan: RoutePlan): Promise<void> {
  for (const candidate of allCandidates(plan)) {
    if (candidate.api !== api) await house.translation(api, candidate.api);
  }
}

/** Whether an OpenAI client asked for the count at the end of its stream. */
function asksForUsage({ scan }: ModelRequest, body: Buffer): boolean {
  const options = memberOf(scan, 'stream_options');
  if (options === undefined) return false;
  const text = body.subarray(options.valueStart, options.valueEnd).toString('latin1');
  return /"include_usage"\s*:\s*true/.test(text);
}

/** Which deployment has what this request goes on from, and the name to remember it under. */
async function knownDeployment(house: House, key: string, request: ModelRequest, body: Buffer) {
  const { affinity, world } = house;
  const now = world.monotonicMs();
  if (request.previousResponse !== null) {
    const made = readMade(await affinity.find(responseName(request.previousResponse), now));
    const isOwn = made === null || made.key === key || sharesAnswers(house);
    return isOwn ? { name: null, deployment: made?.deployment ?? null } : 'of-another';
  }
  // Where there is one way only, there is nothing to remember.
  const isAlone = (house.book.models.get(request.model)?.deployments.length ?? 0) <= 1;
  const name = isAlone ? null : conversationName(key, request, body);
  return { name, deployment: name === null ? null : await affinity.find(name, now) };
}

/** Whether a key can have got from the cache what another one asked for. */
function sharesAnswers({ settings: { cache } }: House): boolean {
  return cache !== null && (cache.share === 'caller' || cache.share === 'everyone');
}

function remember(
  { affinity, world }: House,
  key: string,
  deployment: string,
  name: string | null,
  responseId: string | null,
): void {
  const now = world.monotonicMs();
  if (name !== null) affinity.set(name, deployment, now);
  if (responseId === null) return;
  affinity.set(responseName(responseId), madeText({ key, deployment }), now);
}

function totalTimeout(outer: AbortSignal, totalMs: number | null) {
  if (totalMs === null) return { signal: outer, end: () => {} };
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new TotalTimeout(totalMs)), totalMs);
  return { signal: AbortSignal.any([outer, abort.signal]), end: () => clearTimeout(timer) };
}

function refuseBody(house: House, ticket: Ticket, why: 'too-large' | 'no-room' | 'gone'): void {
  if (why === 'gone') {
    ticket.outcome('deny', 'client-gone');
  } else if (why === 'too-large') {
    const message = `The body is larger than ${house.settings.limits.bodyBytesMax} bytes.`;
    ticket.refuse({ reason: 'limit-body', message });
  } else {
    const message = 'Too many large requests at the same time; try again shortly.';
    ticket.refuse({ reason: 'limit-connections', message });
  }
}
