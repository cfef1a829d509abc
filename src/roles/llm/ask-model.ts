// A call that the model proxy makes itself for a request of somebody's: planned, reserved, sent and
// settled as a client's call is, within the budgets of who asked, under the same request's id.

import type { AgentMarks } from '../../policy/llm-agent.ts';
import { marksPay } from '../../policy/llm-cache-marks.ts';
import { planRoutes } from '../../policy/llm-plan.ts';
import type { Answered } from './attempt.ts';
import { makeAttempts } from './attempts.ts';
import { CallMoney, type MoneyTicket } from './call-money.ts';
import type { House } from './house.ts';
import type { Asked } from './provider-request.ts';
import { watchOf } from './relay-answer.ts';

/** Whose budgets pay. */
export interface OnBehalf extends AgentMarks {
  readonly requestId: string;
  readonly caller: string;
  /** The virtual key's name. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** The message is for the log, and names nothing of what was asked. */
export class AskFailure extends Error {}

/** Another model's answer would be another answer. */
const noFallbacks = { general: [], contextWindow: [], contentPolicy: [] };

/**
 * The whole answer in the API that was asked in; of a stream all its events.
 * @throws AskFailure where there is none: denied, failed, broken off, or longer than `bytesMax`
 */
export async function askModel(
  house: House,
  asked: Omit<Asked, 'requestId'>,
  on: OnBehalf,
  bytesMax: number,
): Promise<Buffer> {
  const { request, body } = asked;
  const { requestId, signal } = on;
  const pays = request.api !== 'messages' || marksPay(request.scan, body.length);
  const facts = { nowMs: house.world.now(), marksPay: pays, pinned: null };
  const planned = planRoutes(request, house.book, facts);
  if (planned.plan === null) throw new AskFailure(planned.message);
  const plan = { ...planned.plan, fallbacks: noFallbacks };
  const { model } = plan.primary;
  const refusals: string[] = [];
  const marks = { session: on.session, heartbeat: on.heartbeat };
  const money = new CallMoney(house, quiet(on, refusals), on.key, model, request, plan, marks);
  if (!(await money.reserve(false))) throw new AskFailure(refusals.join(' '));
  try {
    const { outcome } = await makeAttempts(
      house,
      { ...asked, requestId },
      {
        ...{ plan, preferred: null, signal },
        affordable: (candidate) => money.covers(candidate),
        begin: (candidate) => money.begin(candidate),
        failed: (failure) => money.failed(failure),
      },
    );
    if (outcome.kind === 'answered') return await read(house, on, outcome, money, model, bytesMax);
    if (outcome.kind === 'none-left') throw new AskFailure(`${model}: ${outcome.why}`);
    money.ended(outcome);
    throw new AskFailure(`${model}: ${outcome.message}`);
  } finally {
    money.release();
  }
}

async function read(
  house: House,
  { requestId }: OnBehalf,
  answered: Answered,
  money: CallMoney,
  model: string,
  bytesMax: number,
): Promise<Buffer> {
  const watch = watchOf(house, requestId, answered, { model, includeUsage: false });
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answered.body) {
      parts.push(...watch.push(chunk));
      bytes += chunk.length;
      if (bytes > bytesMax) throw new AskFailure(`${model}: its answer is too long`);
    }
    parts.push(...watch.end());
  } catch (cause) {
    if (cause instanceof AskFailure) throw cause;
    throw new AskFailure(`${model}: its answer broke off`, { cause });
  } finally {
    answered.deadline.end();
    answered.body.destroy();
    money.answered(answered, watch.seen, false);
    const usage = watch.seen?.usage;
    house.live.ended(answered.candidate.id, usage === undefined ? 0 : usage.input + usage.output);
  }
  if (!watch.whole) throw new AskFailure(`${model}: its answer broke off`);
  return Buffer.concat(parts);
}

/** What the request's own record says is of the request, and not of this. */
function quiet({ requestId, caller }: OnBehalf, refusals: string[]): MoneyTicket {
  const refuse: MoneyTicket['refuse'] = ({ message }) => void refusals.push(message);
  return { requestId, caller, note: () => {}, rule: () => {}, refuse };
}
