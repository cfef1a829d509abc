// GET /v1/models and one of them by its name, in both dialects, and what LiteLLM's users read of a
// model: the names a client may ask for, and what is known of each.

import type { Api, Dialect } from '../../../policy/llm-api.ts';
import type { BookModel, RouteBook } from '../../../policy/llm-plan.ts';
import type { Exchange } from './endpoint.ts';
import { sendJson } from './send-json.ts';

/** Only models that can be asked in this dialect, by pass-through or translated. */
export function models({ house, ticket, response, allowed, named }: Exchange): void {
  const { book } = house;
  const asked: readonly Api[] =
    ticket.dialect === 'anthropic'
      ? ['messages']
      : ['chat', 'responses', 'completions', 'embeddings'];
  const answers = ({ deployments }: BookModel) =>
    deployments.some(({ apis }) =>
      apis.some((to) => asked.some((from) => from === to || book.translates(from, to))),
    );
  const names = allowedOf(book, allowed).flatMap(([name, model]) => (answers(model) ? [name] : []));
  const name = names.find((one) => one === named || encodeURIComponent(one) === named);
  if (named === null) sendJson(ticket, response, 200, listOf(names, ticket.dialect));
  else if (name !== undefined) sendJson(ticket, response, 200, entryOf(name, ticket.dialect));
  else {
    const message = `There is no such model. Models: ${names.join(', ')}.`;
    ticket.refuse({ reason: 'model-unknown', message });
  }
}

function listOf(names: readonly string[], dialect: Dialect): unknown {
  const data = names.map((name) => entryOf(name, dialect));
  if (dialect === 'openai') return { object: 'list', data };
  return { data, has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null };
}

function entryOf(id: string, dialect: Dialect): unknown {
  if (dialect === 'openai') return { id, object: 'model', created: 0, owned_by: 'clincher' };
  return { type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' };
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
