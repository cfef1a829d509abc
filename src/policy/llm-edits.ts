// Which values of a body are changed on its way to the provider: the model's name, the bound on
// output, and that a stream ends with its token count. Nothing else.

import { scanJsonObject } from './llm-json.ts';
import { type ModelRequest, memberOf, outputKeys } from './llm-request.ts';
import type { Edit } from './llm-splice.ts';

export interface Rewrite {
  readonly edits: readonly Edit[];
  /** The stream was made to count though the client did not ask: the extra chunk is not for it. */
  readonly countUnasked: boolean;
}

/**
 * `outputKey` is the name this provider has for the bound when the client gave none: OpenAI takes
 * only `max_completion_tokens` on its newer models, the other servers of its dialect all know
 * `max_tokens`.
 */
export function rewrite(
  body: Uint8Array,
  request: ModelRequest,
  model: string,
  outputTokens: number,
  outputKey: 'max_tokens' | 'max_completion_tokens',
): Rewrite {
  const edits: Edit[] = [];
  const { scan } = request;
  const replace = (key: string, text: string) => {
    const member = memberOf(scan, key);
    if (member !== undefined) edits.push({ start: member.valueStart, end: member.valueEnd, text });
    return member !== undefined;
  };
  if (request.model !== model) replace('model', JSON.stringify(model));
  let bounded = request.outputTokens !== null;
  for (const key of outputKeys) {
    const member = memberOf(scan, key);
    if (member?.kind === 'number') {
      const given = numberAt(body, member.valueStart, member.valueEnd);
      if (given > outputTokens) replace(key, String(outputTokens));
    } else if (member?.kind === 'null' && key === outputKey && !bounded) {
      bounded = replace(key, String(outputTokens));
    }
  }
  const first = `"${outputKey}":${outputTokens},`;
  if (!bounded) edits.push({ start: scan.inside, end: scan.inside, text: first });
  const count = request.dialect === 'openai' && request.stream ? countEdit(body, request) : null;
  if (count !== null) edits.push(count);
  return { edits, countUnasked: count !== null };
}

/** Puts `include_usage` in; null when the client asked for it. */
function countEdit(body: Uint8Array, request: ModelRequest): Edit | null {
  const { scan } = request;
  const options = memberOf(scan, 'stream_options');
  if (options === undefined) {
    const text = '"stream_options":{"include_usage":true},';
    return { start: scan.inside, end: scan.inside, text };
  }
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
