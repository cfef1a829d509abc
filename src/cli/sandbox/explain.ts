// `clincher sandbox explain`: what docker-proxy would say to a call, by the same pure decisions
// that it makes, without it. Nothing is asked of the daemon.

import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { ClincherError } from '../../kit/error.ts';
import { judgeBody } from '../../policy/docker/judge-body.ts';
import { judgeCall } from '../../policy/docker/judge-call.ts';
import type { Call, CallerPolicy, Change, Refusal } from '../../policy/docker/model.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import { shown } from '../egress/record-text.ts';

export interface AskedCall {
  readonly method: string;
  /** With its query; with a version or without. */
  readonly target: string;
  /** Null when none is given: then the body is not judged. */
  readonly body: Buffer | null;
}

export interface Explanation {
  readonly caller: string;
  readonly profile: string;
  readonly method: string;
  readonly target: string;
  readonly verdict: 'allow' | 'deny';
  readonly reason: Reason;
  readonly rule: string | null;
  /** As the API reference names it; null when it is no call that is known. */
  readonly operation: string | null;
  readonly field: string | null;
  /** What the caller would be told. */
  readonly message: string | null;
  /** What would be otherwise than asked. */
  readonly changes: readonly Change[];
  /** What is decided only when it is asked. */
  readonly remains: readonly string[];
}

/** @throws ClincherError `usage` */
export function pathOf(target: string | undefined): string {
  if (target !== undefined) return target;
  throw new ClincherError('usage', 'a call of the Docker API has a path', {
    fix: 'Ask for example: clincher sandbox explain GET /containers/json',
  });
}

export function explainCall(policy: CallerPolicy, asked: AskedCall): Explanation {
  const { method, target } = asked;
  const head = { method, target, httpVersion: '1.1', rawHeaders: [] };
  const call = judgeCall(policy, head);
  if (call.kind === 'refusal') return denied(policy, asked, call, null);
  const isJudged = call.body !== 'none' && call.body !== 'opaque';
  const body = isJudged && asked.body !== null ? judgeBody(policy, call, asked.body) : null;
  if (body?.kind === 'refusal') return denied(policy, asked, body, call.operation);
  const { rule, operation } = call;
  return {
    ...{ caller: policy.caller, profile: policy.profile, method, target },
    ...{ verdict: 'allow', reason: 'allowed', rule, operation, field: null, message: null },
    changes: body?.changes ?? [],
    remains: remainsOf(call, isJudged && body === null),
  };
}

function denied(
  policy: CallerPolicy,
  { method, target }: AskedCall,
  { reason, rule, field, message }: Refusal,
  operation: string | null,
): Explanation {
  return {
    ...{ caller: policy.caller, profile: policy.profile, method, target },
    ...{ verdict: 'deny', reason, rule, operation, field, message, changes: [], remains: [] },
  };
}

function remainsOf({ scoped, reference, body }: Call, noBody: boolean): readonly string[] {
  const remains = [];
  if (scoped && reference?.kind === 'container') {
    remains.push('whether the container is one that this caller made or may use');
  }
  if (scoped && reference?.kind === 'exec') remains.push('whether the command is of this caller');
  if (noBody) remains.push('the body: give it with --body');
  if (body === 'create') remains.push('how many containers there are, and the folders to bind');
  return remains;
}

/** For people; the first line is the answer. */
export function explanationLines(
  explanation: Explanation,
  colours: Colors = pc,
): readonly string[] {
  const { caller, profile, method, target, verdict, reason, rule, field } = explanation;
  const what = `${shown(caller)}, profile ${profile}: ${shown(method)} ${shown(target)}`;
  const lines =
    verdict === 'allow'
      ? [`${colours.green('allowed')}: ${what}`]
      : [`${colours.red('denied')}: ${what} ${colours.dim(`[${reason}]`)}`, `  ${reasons[reason]}`];
  if (field !== null) lines.push(`  field: ${shown(field)}`);
  if (explanation.message !== null) lines.push(`  is told: ${shown(explanation.message)}`);
  if (rule !== null) lines.push(`  rule: ${shown(rule)}`);
  for (const { field: name, from, to } of explanation.changes) {
    lines.push(`  changed: ${shown(name)}: ${shown(from)} -> ${shown(to)}`);
  }
  for (const remains of explanation.remains) lines.push(`  decided when asked: ${remains}`);
  return lines;
}
