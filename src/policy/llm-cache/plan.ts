// What of a request must be the same for an answer to be the same: from its scanned bytes to a name
// for the whole, and a name for all but the last text of the user. What is not known to be without
// meaning counts, so a doubt makes a miss and never a wrong answer.

import { hash } from 'node:crypto';
import type { JsonMember } from '../llm-json.ts';
import { canonicalJson, type JsonNode, readJsonTree, textOf } from '../llm-json-tree.ts';
import { type ModelRequest, memberOf } from '../llm-request.ts';
import { bringsResults, findQuestion, type Question } from './question.ts';
import { featuresOf, type QuestionFeatures } from './question-features.ts';
import type { CachePlan } from './types.ts';

export type CacheShare = 'session' | 'key' | 'caller' | 'everyone';

export interface PlanCacheFor {
  readonly caller: string;
  /** The virtual key's name. */
  readonly key: string;
  readonly session: string | null;
  readonly share: CacheShare;
  /** The model's own name, not the alias that was asked for. */
  readonly model: string;
  readonly namespace: string;
  /** Client headers that go to providers, and the query. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly search: string;
  /** How far turns that carry tool results are cached. */
  readonly tools: 'never' | 'exact' | 'semantic';
  readonly semantic: boolean;
  /** What of a text every other one has that may be answered alike; null: nothing need be. */
  readonly demandsOf: ((features: QuestionFeatures) => string) | null;
  readonly textBytesMax: number;
}

/** Longer values are compared as they were written: the same client writes them the same again. */
const canonicalBytesMax = 1_024;
/** A last turn that is longer is not looked into. */
const lastBytesMax = 256 * 1_024;

/** Where each API has its conversation. */
const saidIn: Partial<Readonly<Record<ModelRequest['api'], string>>> = {
  ...{ chat: 'messages', messages: 'messages', responses: 'input' },
  ...{ completions: 'prompt', embeddings: 'input' },
};

/** Who asks, in words of the request: whoever is in the same session is the same. */
const identity = new Set([
  ...['user', 'metadata', 'safety_identifier', 'prompt_cache_key', 'session_id'],
  ...['litellm_session_id', 'litellm_metadata'],
]);

export function planCache(
  request: ModelRequest,
  body: Buffer,
  facts: PlanCacheFor,
): CachePlan | { readonly leftOut: string } {
  const leftOut = leaveOut(request, body);
  if (leftOut !== null) return { leftOut };
  const said = memberOf(request.scan, saidIn[request.api] ?? '');
  if (said === undefined) return { leftOut: 'nothing-said' };
  const last = lastTurn(request, body, said);
  if (last === null && facts.tools === 'never') return { leftOut: 'turn-too-long' };
  if (last?.isToolTurn === true && facts.tools === 'never') return { leftOut: 'tool-turn' };
  const owner = ownerOf(facts);
  const { hole, why } = askedFor(request, facts, last);
  const { model, namespace, headers, search } = facts;
  const head = [version, owner, namespace, request.api, model, headers, search];
  const names = [JSON.stringify(head)];
  for (const member of request.scan.members.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    if (isWithoutMeaning(member.key, facts.share)) continue;
    const value = nameOf(body, member, member === said ? last : null, hole?.start);
    if (value === null) return { leftOut: 'ambiguous' };
    names.push(`${JSON.stringify(member.key)}:${value}`);
  }
  const rest = names.join('\n');
  const named = (what: string) => hash('sha256', `${rest}\n${what}`, 'base64url');
  if (hole === undefined) return { key: named(''), owner, question: null, features: null, why };
  const text = textOf(body, hole);
  const { demandsOf } = facts;
  const features = demandsOf === null ? null : featuresOf(text);
  const demands = features === null ? '' : demandsOf?.(features);
  return {
    // JSON.stringify keeps halves of surrogate pairs apart, which UTF-8 does not. No member's line
    // begins as these two do.
    key: named(`text ${JSON.stringify(text)}`),
    owner,
    question: { scope: named(`alike ${demands}`), text },
    features,
    why,
  };
}

/** Another version's names mean something else. */
const version = 'clincher-answers-2';

/** The model is named beside it, and what is said to the cache is no part of what is asked. */
function isWithoutMeaning(key: string, share: CacheShare): boolean {
  return key === 'model' || key === 'cache' || (share !== 'session' && identity.has(key));
}

const byAddress = /"(?:[a-z][a-z0-9+.-]*:\\?\/\\?\/|file_id")/i;

/** What makes an answer depend on more than the request, or cannot be compared. */
function leaveOut(request: ModelRequest, body: Buffer): string | null {
  const { api, media, images, scan } = request;
  if (api === 'count-tokens' || api === 'generate') return 'api';
  if (media !== null) return 'media';
  // What an address leads to may change; bytes do not.
  if (images > 0 && byAddress.test(body.toString('latin1'))) {
    return 'image-by-address';
  }
  return memberOf(scan, 'background')?.kind === 'true' ? 'background' : null;
}

interface LastTurn extends Question {
  readonly node: JsonNode;
  /** All that is said, of which it is the last; null where that is long. */
  readonly all: JsonNode | null;
}

/** Null where it is too long to look into, or there is none. */
function lastTurn({ api }: ModelRequest, body: Buffer, said: JsonMember): LastTurn | null {
  const isList = said.kind === 'array' && api !== 'embeddings' && api !== 'completions';
  const start = isList ? said.lastStart : said.valueStart;
  if (start === null || said.valueEnd - start > lastBytesMax) return null;
  const isShort = said.valueEnd - said.valueStart <= canonicalBytesMax;
  const all = isShort ? readJsonTree(body, said.valueStart) : null;
  const node = (isList ? all?.items.at(-1) : all) ?? readJsonTree(body, start);
  const found = findQuestion(api, body, node);
  // Agents say more to the model after a tool's result, as if a user did: it is the same turn.
  const isFollowUp = isList && (all === null || all.items.length > 1);
  const isToolTurn = found.isToolTurn || (isFollowUp && bringsResults(api, body, said, start));
  return { node, all, ...found, isToolTurn };
}

function askedFor(
  request: ModelRequest,
  facts: PlanCacheFor,
  last: LastTurn | null,
): { readonly hole: JsonNode | undefined; readonly why: string } {
  const no = (why: string) => ({ hole: undefined, why });
  if (!facts.semantic) return no('exact-only');
  if (last === null) return no('turn-too-long');
  if (last.isToolTurn && facts.tools !== 'semantic') return no('tool-turn');
  if (last.text === undefined) return no(last.why);
  if (request.choices > 1) return no('choices');
  // Who asks for the odds of each token, or for the same draw again, asks for exactly that.
  const exact = ['seed', 'logprobs', 'top_logprobs'].find((key) => {
    const kind = memberOf(request.scan, key)?.kind ?? 'null';
    return kind !== 'null' && kind !== 'false';
  });
  if (exact !== undefined) return no(exact);
  if (last.text.end - last.text.start > facts.textBytesMax) return no('text-too-long');
  return { hole: last.text, why: '' };
}

/** Null where it can be read in two ways. */
function nameOf(
  body: Buffer,
  { kind, valueStart, valueEnd }: JsonMember,
  last: LastTurn | null,
  hole: number | undefined,
): string | null {
  if (valueEnd - valueStart <= canonicalBytesMax) {
    return canonicalJson(body, last?.all ?? readJsonTree(body, valueStart), hole);
  }
  const written = (end: number) =>
    `#${hash('sha256', body.subarray(valueStart, end), 'base64url')}`;
  if (last === null || kind !== 'array') return written(valueEnd);
  const turn = canonicalJson(body, last.node, hole);
  return turn === null ? null : `${written(last.node.start)}${turn}`;
}

/** Whoever sees each other's answers, and learns from each other. */
export function ownerOf({
  share,
  caller,
  key,
  session,
}: Pick<PlanCacheFor, 'share' | 'caller' | 'key' | 'session'>): string {
  const parts = {
    session: [caller, key, session],
    key: [caller, key],
    caller: [caller],
    everyone: [],
  }[share];
  return hash('sha256', JSON.stringify([share, ...parts]), 'base64url').slice(0, 22);
}
