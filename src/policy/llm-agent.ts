// What a request says of the agent that makes it: which of its sessions it belongs to, and whether
// anybody asked for it or the agent's clock did. The agent can say what it likes here, so this is
// for finding a loop or a leak; the budgets on everything and on keys are what holds.

import { createHash } from 'node:crypto';
import { type ModelRequest, memberOf } from './llm-request.ts';
import type { SecretScanner } from './llm-secret-scan.ts';

export interface AgentMarks {
  /** Null where nothing names one. */
  readonly session: string | null;
  /** A turn that the agent's clock began, and everything until somebody speaks again. */
  readonly heartbeat: boolean;
}

export type AgentHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Headers that agents send, the plainest first. OpenClaw sends the second and third for a model
 * with `compat.sendSessionAffinityHeaders`, OpenRouter's clients the fourth.
 */
const sessionHeaders = [
  'x-clincher-session',
  'x-session-affinity',
  'session_id',
  'x-session-id',
  'x-litellm-session-id',
  'x-litellm-trace-id',
  'x-claude-code-session-id',
];
const plainSession = /^[\w.:@/+-]{1,128}$/;
/** A member of the body that is longer names no session. */
const memberBytesMax = 4_096;

export function agentOf(
  headers: AgentHeaders,
  request: ModelRequest,
  body: Buffer,
  heartbeatMarks: SecretScanner,
): AgentMarks {
  const said = saidInHeaders(headers) ?? saidInBody(request, body);
  return { session: sessionName(said), heartbeat: isHeartbeat(body, heartbeatMarks) };
}

/** For requests that ask no model; `said` is what they say of it besides their headers. */
export function sessionOf(headers: AgentHeaders, said: string | null): string | null {
  return sessionName(saidInHeaders(headers) ?? said);
}

function saidInHeaders(headers: AgentHeaders): string | null {
  for (const name of sessionHeaders) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** LiteLLM's field, OpenAI's cache key, and the user id that Claude Code puts its session into. */
function saidInBody(request: ModelRequest, body: Buffer): string | null {
  for (const key of ['litellm_session_id', 'session_id', 'prompt_cache_key']) {
    const value = small(request, body, key);
    if (typeof value === 'string' && value !== '') return value;
  }
  const metadata = small(request, body, 'metadata');
  for (const key of ['session_id', 'litellm_session_id', 'trace_id']) {
    const value = fieldOf(metadata, key);
    if (typeof value === 'string' && value !== '') return value;
  }
  const user = fieldOf(metadata, 'user_id');
  if (typeof user !== 'string') return null;
  return /(?:_session_|"session_id":")([\w-]{8,64})/.exec(user)?.[1] ?? null;
}

function small(request: ModelRequest, body: Buffer, key: string): unknown {
  const member = memberOf(request.scan, key);
  if (member === undefined || member.valueEnd - member.valueStart > memberBytesMax)
    return undefined;
  return JSON.parse(body.toString('utf8', member.valueStart, member.valueEnd));
}

function fieldOf(value: unknown, key: string): unknown {
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return has ? Reflect.get(value, key) : undefined;
}

/** Anything that could break a table, a label or a query is replaced by its digest. */
function sessionName(said: string | null): string | null {
  if (said === null || plainSession.test(said)) return said;
  return `h-${createHash('sha256').update(said).digest('hex').slice(0, 24)}`;
}

/** A turn with its tools is rarely longer; what stands further back is history. */
const turnBytesMax = 256 * 1024;
const userTurn =
  /"role"\s*:\s*"user"(\s*,\s*"content"\s*:\s*\[\s*\{\s*"type"\s*:\s*"tool_result")?/g;

/**
 * Whether the last thing that was said to the model is a heartbeat's text: after the mark no other
 * user's turn begins but such as bring back what tools gave.
 */
function isHeartbeat(body: Buffer, marks: SecretScanner): boolean {
  const recent = body.subarray(Math.max(0, body.length - turnBytesMax));
  const at = marks.find(recent).at(-1)?.start;
  if (at === undefined) return false;
  const after = recent.toString('latin1', at);
  for (const [, isResult] of after.matchAll(userTurn)) {
    if (isResult === undefined && !isOwnRole(after)) return false;
  }
  return true;
}

/** The mark's own message may write its role after its content. */
function isOwnRole(after: string): boolean {
  return /^[^{}]{0,8192}"role"\s*:\s*"user"[^{]{0,64}\}\s*[\],]?/.test(after) && !/\{/.test(after);
}
