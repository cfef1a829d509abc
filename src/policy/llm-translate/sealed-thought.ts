// A signed thought in the one place that the Responses API has for it: `encrypted_content`, which
// clients carry unread. So a thought of one provider survives a client of another's dialect.

import type { ThinkingPart } from './conversation.ts';
import { isObject } from './fields.ts';
import { parseJson } from './parts.ts';

const mark = 'clincher-thought-1.';

export function sealThought({ text, signature, isRedacted }: ThinkingPart): string | null {
  if (signature === null) return null;
  return mark + Buffer.from(JSON.stringify({ text, signature, isRedacted })).toString('base64url');
}

/** Null for what is not ours: a real `encrypted_content` can only be read by who made it. */
export function openThought(sealed: string | null): ThinkingPart | null {
  if (sealed === null || !sealed.startsWith(mark)) return null;
  const value = parseJson(Buffer.from(sealed.slice(mark.length), 'base64url').toString('utf8'));
  if (!isObject(value)) return null;
  const text: unknown = Reflect.get(value, 'text');
  const signature: unknown = Reflect.get(value, 'signature');
  if (typeof text !== 'string' || typeof signature !== 'string') return null;
  return {
    kind: 'thinking',
    text,
    signature,
    isRedacted: Reflect.get(value, 'isRedacted') === true,
  };
}
