// Calls that tests make to the model proxy, and what its metrics and records say of them
// afterwards.

import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { hiddenInputTokens } from '../policy/llm-cost.ts';
import { type LlmStack, testPrice, virtualKey } from './provider-stack.ts';

export const modelBody =
  '{"model":"sonnet","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}';

/** In nano-dollars, for 100 tokens out: the bytes and the hidden prompt, at the test's price. */
export function worstOf(body: string): number {
  const inputTokens = body.length + hiddenInputTokens;
  return inputTokens * testPrice.inputNanoUsd + 100 * testPrice.outputNanoUsd;
}

export interface ModelAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** `cut` when the connection was lost on the way. */
  readonly answer: string;
}

export interface AskOptions {
  readonly body?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Rejects when the connection is lost before an answer began. */
export async function askModel(
  stack: Pick<LlmStack, 'url'>,
  { body = modelBody, key = virtualKey, headers: more = {} }: AskOptions = {},
): Promise<ModelAnswer> {
  const headers = { 'x-api-key': key, ...more };
  const request = httpRequest(`${stack.url}/v1/messages`, { method: 'POST', headers });
  request.end(body);
  const [response] = await once(request, 'response');
  const answer: string = await textOf(response).catch(() => 'cut');
  return { status: response.statusCode, headers: response.headers, answer };
}

/** In nano-dollars, as the metrics have it. */
export async function moneyOf(
  stack: LlmStack,
): Promise<{ spent: number; left: number; reserved: number }> {
  const read = async (name: string) => {
    const metric = await stack.telemetry.metrics.getSingleMetric(name)?.get();
    const values = metric?.values.map(({ value }) => value) ?? [];
    return Math.round(values.reduce((sum, value) => sum + value, 0) * 1e9);
  };
  return {
    spent: await read('clincher_llm_spend_usd_total'),
    left: await read('clincher_llm_budget_remaining_usd'),
    reserved: await read('clincher_llm_reserved_usd'),
  };
}

/** The record of the `count`th call: it is written after the client has its answer. */
export async function lastDecision(
  stack: LlmStack,
  count: number,
): Promise<Record<string, unknown>> {
  const decisions = () => stack.lines.filter(({ event }) => event === 'decision');
  while (decisions().length < count) await new Promise((next) => setImmediate(next));
  return decisions()[count - 1] ?? {};
}
