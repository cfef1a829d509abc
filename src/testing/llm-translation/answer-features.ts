// What an answer is asked to be like.

import type { Feature } from './feature.ts';
import { chat, completion, messages, responses, schema } from './requests.ts';

export const answerFeatures: readonly Feature[] = [
  {
    name: 'how hard to think',
    requests: {
      chat: chat({ reasoning_effort: 'low', max_completion_tokens: 4_000 }),
      messages: messages({
        max_tokens: 4_000,
        thinking: { type: 'enabled', budget_tokens: 2_000 },
      }),
      responses: responses({ reasoning: { effort: 'low' }, max_output_tokens: 4_000 }),
    },
  },
  {
    name: 'cache breakpoints',
    requests: {
      messages: messages({
        system: [{ type: 'text', text: 'long', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      }),
    },
  },
  {
    name: 'an answer by a JSON schema',
    requests: {
      chat: chat({
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'place', schema, strict: true },
        },
      }),
      messages: messages({ output_config: { format: { type: 'json_schema', schema } } }),
      responses: responses({
        text: { format: { type: 'json_schema', name: 'place', schema, strict: true } },
      }),
    },
  },
  {
    name: 'any JSON as the answer',
    requests: {
      chat: chat({ response_format: { type: 'json_object' } }),
      responses: responses({ text: { format: { type: 'json_object' } } }),
    },
  },
  {
    name: 'temperature, nucleus',
    requests: {
      chat: chat({ temperature: 0.5, top_p: 0.9 }),
      messages: messages({ temperature: 0.5, top_p: 0.9 }),
      responses: responses({ temperature: 0.5, top_p: 0.9 }),
      completions: completion({ temperature: 0.5, top_p: 0.9 }),
    },
  },
  { name: 'the likeliest tokens alone', requests: { messages: messages({ top_k: 5 }) } },
  {
    name: 'texts that end the answer',
    requests: {
      chat: chat({ stop: ['END'] }),
      messages: messages({ stop_sequences: ['END'] }),
      completions: completion({ stop: ['END'] }),
    },
  },
  {
    name: 'seed, penalties',
    requests: {
      chat: chat({ seed: 7, presence_penalty: 0.1, frequency_penalty: 0.1 }),
      completions: completion({ seed: 7, presence_penalty: 0.1, frequency_penalty: 0.1 }),
    },
  },
  {
    name: 'the name of the user',
    requests: {
      chat: chat({ user: 'u1' }),
      messages: messages({ metadata: { user_id: 'u1' } }),
      responses: responses({ user: 'u1' }),
      completions: completion({ user: 'u1' }),
    },
  },
  {
    name: 'several answers',
    requests: { chat: chat({ n: 2 }), completions: completion({ n: 2 }) },
  },
  {
    name: 'several prompts, or one in tokens',
    requests: { completions: { prompt: ['a', 'b'] } },
  },
  {
    name: 'a text to end before; the prompt in the answer',
    requests: { completions: completion({ suffix: 'b', echo: true }) },
  },
  {
    name: 'probabilities',
    requests: { chat: chat({ logprobs: true }), completions: completion({ logprobs: 2 }) },
  },
  {
    name: 'tools that the provider runs',
    requests: {
      chat: chat({ web_search_options: {} }),
      messages: messages({ tools: [{ type: 'web_search_20260209', name: 'web_search' }] }),
      responses: responses({ tools: [{ type: 'web_search' }] }),
    },
  },
  {
    name: 'answers that the provider keeps',
    requests: { responses: responses({ previous_response_id: 'resp_1' }) },
  },
];
