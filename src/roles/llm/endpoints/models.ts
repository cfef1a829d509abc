// GET /v1/models in both dialects, and what LiteLLM's users read of a model: the names a client may
// ask for, and what is known of each.

import type { Api, Dialect } from '../../../policy/llm-api.ts';
import type { BookModel, RouteBook } from '../../../policy/llm-plan.ts';
import type { Exchange } from './endpoint.ts';
import { sendJson } from './send-json.ts';

export function models({ house, ticket, response, allowed }: Exchange): void {
  sendJson(ticket, response, 200, listModels(house.book, ticket.dialect, allowed));
}

/** Only models that can be asked in this dialect, by pass-through or translated. */
function listModels(book: RouteBook, dialect: Dialect, allowed: Exchange['allowed']): unknown {
  const asked: readonly Api[] =
    dialect === 'anthropic' ? ['messages'] : ['chat', 'responses', 'completions', 'embeddings'];
  const answers = ({ deployments }: BookModel) =>
    deployments.some(({ apis }) =>
      apis.some((to) => asked.some((from) => from === to || book.translates(from, to))),
    );
  const ids = allowedOf(book, allowed).flatMap(([name, model]) => (answers(model) ? [name] : []));
  if (dialect === 'openai') {
    const data = ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'clincher' }));
    return { object: 'list', data };
  }
  const data = ids.map((id) => ({
    type: 'model',
    id,
    display_name: id,
    created_at: '1970-01-01T00:00:00Z',
  }));
  return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}

/** One entry for each deployment; no key, no address. */
export function modelInfo({ house, ticket, response, allowed }: Exchange): void {
  const nowMs = house.world.now();
  const data = allowedOf(house.book, allowed).flatMap(([name, { deployments }]) =>
    deployments.map((one) => {
      const price = one.price(nowMs);
      const perToken = (rate: { nanoUsd: number } | undefined) =>
        rate === undefined ? null : rate.nanoUsd / 1e9;
      return {
        model_name: name,
        litellm_params: { model: `${one.provider}/${one.model}`, rpm: one.rpm, tpm: one.tpm },
        model_info: {
          id: one.id,
          mode: one.apis.includes('messages') || one.apis.includes('chat') ? 'chat' : one.apis[0],
          max_input_tokens: price?.contextTokens ?? null,
          max_output_tokens: one.outputTokensMax,
          input_cost_per_token: perToken(price?.input),
          output_cost_per_token: perToken(price?.output),
          cache_read_input_token_cost: perToken(price?.cacheRead),
          cache_creation_input_token_cost: perToken(price?.cacheWrite),
        },
      };
    }),
  );
  sendJson(ticket, response, 200, { data });
}

/** What a key may not ask for, and what that costs, is none of its business. */
function allowedOf({ models: all }: RouteBook, allowed: Exchange['allowed']) {
  return [...all].filter(([name]) => allowed === null || allowed.includes(name));
}
