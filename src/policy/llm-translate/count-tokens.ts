// Anthropic's count of tokens, asked of providers that count in their own words. The request is the
// one that a message would become there, less what has no part in the count.

import type { Translation, Translations } from '../llm-translation.ts';
import { isObject } from './fields.ts';
import { parseJson, present } from './parts.ts';

/** What OpenAI's POST /v1/responses/input_tokens knows; anything else it refuses. */
const countedByOpenai = [
  ...['model', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls'],
  ...['reasoning', 'text'],
];

const targets = {
  'count-responses': {
    speaks: 'responses',
    request: (made: object) => pick(made, countedByOpenai),
    count: 'input_tokens',
  },
  'count-generate': {
    speaks: 'generate',
    request: (made: object, model: string) => ({
      generateContentRequest: {
        model: `models/${model}`,
        ...pick(made, ['contents', 'systemInstruction', 'tools', 'toolConfig']),
      },
    }),
    count: 'totalTokens',
  },
} as const;

/** `messages` makes the translation of a whole message into the API that the target speaks. */
export function countTranslation(
  to: keyof typeof targets,
  messages: Translations,
): Translation | null {
  const target = targets[to];
  const whole = messages('messages', target.speaks);
  if (whole === null) return null;
  return {
    ...whole,
    ...{ from: 'count-tokens', to },
    request(body, at) {
      const made = whole.request(body, at);
      if ('refused' in made) return made;
      const parsed = parseJson(made.body.toString('utf8'));
      const counted = target.request(isObject(parsed) ? parsed : {}, at.model);
      return { ...made, body: Buffer.from(JSON.stringify(counted)) };
    },
    answer(body) {
      const parsed = parseJson(Buffer.from(body).toString('utf8'));
      const tokens = isObject(parsed) ? Reflect.get(parsed, target.count) : 0;
      return Buffer.from(JSON.stringify({ input_tokens: typeof tokens === 'number' ? tokens : 0 }));
    },
  };
}

function pick(object: object, keys: readonly string[]): Record<string, unknown> {
  return present(Object.fromEntries(keys.map((key) => [key, Reflect.get(object, key)])));
}
