// The last turn of a request: whether a user asks something in it that another way of asking may
// answer, or a tool gives back what it found.

import type { Api } from '../llm-api.ts';
import type { JsonMember } from '../llm-json.ts';
import { childOf, type JsonNode, textOf } from '../llm-json-tree.ts';

export interface Question {
  /** The string with the last text of the user; undefined where there is none. */
  readonly text: JsonNode | undefined;
  /** Why there is none. */
  readonly why: string;
  readonly isToolTurn: boolean;
}

/** `last` is the last element of the conversation, or all of it where it is no list. */
export function findQuestion(api: Api, body: Buffer, last: JsonNode): Question {
  // A text to be gone on with, or measured, is no question.
  if (api === 'embeddings' || api === 'completions') return none(api);
  if (last.kind === 'string' && api === 'responses') return found(body, last);
  if (last.kind !== 'object') return none('no-text');
  const said = (node: JsonNode, key: string) => {
    const value = childOf(node, key);
    return value?.kind === 'string' ? textOf(body, value) : null;
  };
  const [role, type] = [said(last, 'role'), said(last, 'type')];
  const content = childOf(last, 'content');
  const parts = content?.kind === 'array' ? content.items : [];
  const types = parts.map((part) => said(part, 'type') ?? '');
  const isToolTurn =
    role === 'tool' ||
    role === 'function' ||
    [type ?? '', ...types].some((one) => /(?:_result|_output|_call|_response)$/.test(one));
  if (isToolTurn) return { ...none('tool-turn'), isToolTurn };
  if (role !== 'user' || (type !== null && type !== 'message')) return none('not-the-user');
  if (content?.kind === 'string') return found(body, content);
  const at = types.findLastIndex((one) => one === 'text' || one === 'input_text');
  const text = parts[at] === undefined ? undefined : childOf(parts[at], 'text');
  return text?.kind === 'string' ? found(body, text) : none('no-text');
}

const roleMark = Buffer.from('"role"');
const isAssistant = /^"role"\s*:\s*"assistant"/;
/** Of a tool's result, as a role or as a type; a quote within a text is written `\"`. */
const resultMarks = ['"tool"', '"function"', '_result"', '_output"', '_response"'];

/** Whether a tool's result stands between what the model said last and the last element. */
export function bringsResults(
  api: Api,
  body: Buffer,
  said: Pick<JsonMember, 'valueStart'>,
  lastStart: number,
): boolean {
  let from = lastStart;
  do {
    from = body.lastIndexOf(roleMark, from - 1);
  } while (from > said.valueStart && !isAssistant.test(body.toString('latin1', from, from + 40)));
  const isFirst = from <= said.valueStart;
  // Calls of the Responses API stand by themselves; elsewhere somebody must have called.
  if (isFirst && api !== 'responses') return false;
  const turn = body.subarray(isFirst ? said.valueStart : from, lastStart);
  return resultMarks.some((mark) => turn.includes(mark));
}

function found(body: Buffer, text: JsonNode): Question {
  const hasWord = /[\p{L}\p{N}]/u.test(textOf(body, text));
  return hasWord ? { text, why: '', isToolTurn: false } : none('no-text');
}

function none(why: string): Question {
  return { text: undefined, why, isToolTurn: false };
}
