// Small readers and makers that every dialect's reader uses.

import type { TranslationTarget } from '../llm-translation.ts';
import type { CacheMark, Conversation, MediaPart, TextPart, Turn } from './conversation.ts';
import type { Fields } from './fields.ts';

export function textPart(text: string, cache: CacheMark | null = null): TextPart {
  return { kind: 'text', text, cache };
}

/** `cache_control` of Anthropic's dialect, which others carry as an extension. */
export function cacheMark(fields: Fields): CacheMark | null {
  const control = fields.inner('cache_control');
  if (control === null) return null;
  control.known('type');
  return control.text('ttl') === '1h' ? '1h' : '5m';
}

/** A `data:` address becomes bytes; any other stays an address. */
export function mediaPart(
  kind: MediaPart['kind'],
  url: string,
  name: string | null,
  cache: CacheMark | null,
): MediaPart {
  const data = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,/.exec(url);
  const source =
    data === null
      ? ({ kind: 'url', url } as const)
      : ({ kind: 'base64', mediaType: data[1] ?? '', data: url.slice(data[0].length) } as const);
  return { kind, source, name, cache };
}

export function mediaUrl({ source }: MediaPart): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
}

/** Neighbours of one role become one turn: most dialects want the roles to alternate. */
export function mergeTurns(turns: readonly Turn[]): Turn[] {
  const merged: Turn[] = [];
  for (const turn of turns) {
    const last = merged.at(-1);
    if (last?.role === turn.role) {
      merged[merged.length - 1] = { role: last.role, parts: [...last.parts, ...turn.parts] };
    } else if (turn.parts.length > 0) merged.push(turn);
  }
  return merged;
}

/** Never above what was reserved for: an answer without a bound has no worst case. */
export function boundOf({ outputTokensMax }: Conversation, target: TranslationTarget): number {
  return Math.min(outputTokensMax ?? target.outputTokens, target.outputTokens);
}

/** Without what is null, undefined or an empty list: those keep the provider's default. */
export function present(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) =>
        value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** Undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
