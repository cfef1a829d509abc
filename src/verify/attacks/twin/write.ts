// How calls to the twin are written for the tables beside this: small bodies of each API, all of
// them within one bound of tokens.

import type { TwinCall, TwinCaller } from '../model.ts';

/** Of the twin's models; the second is one that the second caller's key may not ask for. */
export const twinModels = { chat: 'canary', other: 'canary-other', messages: 'canary-messages' };
/** A key may spend so many tokens, and no more. */
export const twinTokensMax = 1_000;

/** Ten of these are the whole budget. */
const tokens = 100;

type More = Partial<Omit<TwinCall, 'as'>> & { readonly members?: Record<string, unknown> };

export function chat(as: TwinCaller, text: string, { members = {}, ...more }: More = {}): TwinCall {
  const messages = [{ role: 'user', content: `{{try}} ${text}` }];
  const body = { model: twinModels.chat, max_tokens: tokens, messages, ...members };
  return { as, body: JSON.stringify(body), ...more };
}

export function message(as: TwinCaller, text: string, { members, ...more }: More = {}): TwinCall {
  const called = chat(as, text, { members: { model: twinModels.messages, ...members } });
  return { ...called, path: '/v1/messages', ...more };
}

export function response(
  as: TwinCaller,
  text: string,
  { members = {}, ...more }: More = {},
): TwinCall {
  const body = {
    model: twinModels.chat,
    max_output_tokens: tokens,
    input: `{{try}} ${text}`,
    ...members,
  };
  return { as, path: '/v1/responses', body: JSON.stringify(body), ...more };
}
