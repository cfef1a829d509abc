// Whether an answer may be given to others: ended by the model of itself, and refusing nothing; and
// whether it calls a tool. Read from the bytes that went to the client; a doubt keeps nothing.

import type { Api } from '../llm-api.ts';

export type Keeping = { readonly keep: true; readonly callsTool: boolean } | Left;

interface Left {
  readonly keep: false;
  readonly why: string;
}

/**
 * How each API says of itself how an answer ended. A quote within a text is written `\"`, so what
 * a model says can never look like a name of the API's.
 */
const endings: Partial<Readonly<Record<Api, Endings>>> = {
  chat: { said: /"finish_reason"\s*:\s*(null|"\w*")/g, good: ['"stop"'] },
  completions: { said: /"finish_reason"\s*:\s*(null|"\w*")/g, good: ['"stop"'] },
  messages: { said: /"stop_reason"\s*:\s*(null|"\w*")/g, good: ['"end_turn"', '"stop_sequence"'] },
  responses: { said: /"incomplete_details"\s*:\s*(null|\{)/g, good: ['null'] },
};

interface Endings {
  readonly said: RegExp;
  readonly good: readonly string[];
}

const toolEndings = ['"tool_calls"', '"function_call"', '"tool_use"'];
/** Parts and fields that call something, unless they are empty. */
const calls =
  /"(?:tool_calls|function_call)"\s*:\s*(?!null|\[\s*\]|")|"type"\s*:\s*"\w*(?:_call|_use)"/;
const refusals =
  /"refusal"\s*:\s*"|"type"\s*:\s*"(?:refusal|error|response\.failed)"|"error"\s*:\s*[{"]/;

/** `body` is an answer with status 200 that came to the end its API gives it. */
export function worthKeeping(api: Api, body: Buffer): Keeping {
  if (api === 'embeddings') return { keep: true, callsTool: false };
  const ending = endings[api];
  if (ending === undefined) return { keep: false, why: 'api' };
  const text = body.toString('latin1');
  if (refusals.test(text)) return { keep: false, why: 'refused' };
  const ends = new Set<string>();
  for (const [, end = ''] of text.matchAll(ending.said)) ends.add(end);
  const callsTool = calls.test(text) || toolEndings.some((end) => ends.has(end));
  const isGood = (end: string) => ending.good.includes(end) || toolEndings.includes(end);
  if (![...ends].some(isGood)) return { keep: false, why: 'end-unclear' };
  const bad = [...ends].find((end) => end !== 'null' && !isGood(end));
  return bad === undefined ? { keep: true, callsTool } : { keep: false, why: 'cut-short' };
}
