// Which values of a body are changed on its way to the provider: the model's name, the bound on
// output, and that a stream ends with its token count. Nothing else.

import type { Api } from './llm-api.ts';
import { type JsonScan, scanJsonObject } from './llm-json.ts';
import { type ModelRequest, memberOf, outputKeysOf } from './llm-request.ts';
import type { Edit } from './llm-splice.ts';

export interface Rewrite {
  readonly edits: readonly Edit[];
  /** The stream was made to count though the client did not ask: the extra chunk is not for it. */
  readonly countUnasked: boolean;
}

export interface RewriteFor {
  /** The provider's name for the model. */
  readonly model: string;
  readonly outputTokens: number;
  /**
   * The name this provider has for the bound when the client gave none: OpenAI takes only
   * `max_completion_tokens` on its newer models, the other servers of its dialect `max_tokens`.
   */
  readonly outputKey: 'max_tokens' | 'max_completion_tokens';
  /** Whether a stream must be told to count. */
  readonly countStreams: boolean;
  /** Members that this provider's address says already. */
  readonly remove: readonly string[];
  /** Members it wants, as JSON text; the client's own stays where it gave one. */
  readonly add: Readonly<Record<string, string>>;
}

export function rewrite(body: Uint8Array, request: ModelRequest, to: RewriteFor): Rewrite {
  const { scan, api } = request;
  const edits: Edit[] = removals(scan, to.remove);
  const front: string[] = [];
  const replace = (key: string, text: string) => {
    const member = memberOf(scan, key);
    if (member !== undefined) edits.push({ start: member.valueStart, end: member.valueEnd, text });
    return member !== undefined;
  };
  if (request.model !== to.model && !to.remove.includes('model')) {
    replace('model', JSON.stringify(to.model));
  }
  let bounded = request.outputTokens !== null;
  const outputKey = boundKey(api, to.outputKey);
  for (const key of outputKeysOf(api)) {
    const member = memberOf(scan, key);
    if (member?.kind === 'number') {
      const given = numberAt(body, member.valueStart, member.valueEnd);
      if (given > to.outputTokens) replace(key, String(to.outputTokens));
    } else if (member?.kind === 'null' && key === outputKey && !bounded) {
      bounded = replace(key, String(to.outputTokens));
    }
  }
  if (!bounded) front.push(`"${outputKey}":${to.outputTokens}`);
  for (const [key, text] of Object.entries(to.add)) {
    if (memberOf(scan, key) === undefined) front.push(`${JSON.stringify(key)}:${text}`);
  }
  const counts = to.countStreams && (api === 'chat' || api === 'completions') && request.stream;
  const count = counts ? countEdit(body, request) : null;
  if (typeof count === 'string') front.push(count);
  else if (count !== null) edits.push(count);
  if (front.length > 0) {
    const stays = scan.members.some(({ key }) => !to.remove.includes(key));
    const text = `${front.join(',')}${stays ? ',' : ''}`;
    // Before what is taken out there: edits at one place are applied in their order.
    edits.unshift({ start: scan.inside, end: scan.inside, text });
  }
  return { edits, countUnasked: count !== null };
}

function boundKey(api: Api, chatKey: RewriteFor['outputKey']): string {
  if (api === 'chat') return chatKey;
  return outputKeysOf(api)[0] ?? 'max_tokens';
}

/** A member goes with the comma before it; those at the front with the one after. */
function removals({ members }: JsonScan, keys: readonly string[]): Edit[] {
  const edits: Edit[] = [];
  const isGone = (at: number) => keys.includes(members[at]?.key ?? '');
  let kept = 0;
  while (kept < members.length && isGone(kept)) kept += 1;
  if (kept > 0) {
    const start = members[0]?.keyStart ?? 0;
    edits.push({
      start,
      end: members[kept]?.keyStart ?? members[kept - 1]?.valueEnd ?? 0,
      text: '',
    });
  }
  for (let at = kept + 1; at < members.length; at += 1) {
    const [before, member] = [members[at - 1], members[at]];
    if (!isGone(at) || before === undefined || member === undefined) continue;
    edits.push({ start: before.valueEnd, end: member.valueEnd, text: '' });
  }
  return edits;
}

/** Puts `include_usage` in, as an edit or a new member; null when the client asked for it. */
function countEdit(body: Uint8Array, request: ModelRequest): Edit | string | null {
  const { scan } = request;
  const options = memberOf(scan, 'stream_options');
  if (options === undefined) return '"stream_options":{"include_usage":true}';
  const { valueStart, valueEnd } = options;
  const inner = scanJsonObject(body.subarray(valueStart, valueEnd));
  if ('fault' in inner) {
    // It is null: reading the request has refused the rest.
    return { start: valueStart, end: valueEnd, text: '{"include_usage":true}' };
  }
  const asked = memberOf(inner, 'include_usage');
  if (asked?.kind === 'true') return null;
  if (asked !== undefined) {
    return { start: valueStart + asked.valueStart, end: valueStart + asked.valueEnd, text: 'true' };
  }
  const start = valueStart + inner.inside;
  const comma = inner.members.length > 0 ? ',' : '';
  return { start, end: start, text: `"include_usage":true${comma}` };
}

function numberAt(body: Uint8Array, start: number, end: number): number {
  return Number(Buffer.from(body.subarray(start, end)).toString('latin1'));
}
