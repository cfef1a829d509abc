// What a request says of the cache itself: LiteLLM's member `cache`, which no provider gets to see.
// https://docs.litellm.ai/docs/proxy/caching#dynamic-cache-controls

import { isUtf8 } from 'node:buffer';
import { type ModelRequest, memberOf } from '../llm-request.ts';

export interface CacheControls {
  /** Nothing that is stored may answer. */
  readonly noCache: boolean;
  /** The answer may not be stored. */
  readonly noStore: boolean;
  /** Of the answer, when it is stored; null: as the settings say. */
  readonly ttlMs: number | null;
  /** An older answer may not be used; null: any that is stored. */
  readonly ageMsMax: number | null;
  /** Only requests that name the same one see each other's answers; empty: none was named. */
  readonly namespace: string;
  /** It asks for the cache where that is only for those that do. */
  readonly asksFor: boolean;
}

const plain: CacheControls = {
  noCache: false,
  noStore: false,
  ttlMs: null,
  ageMsMax: null,
  namespace: '',
  asksFor: false,
};
/** What cannot be read asks for nothing from the cache and leaves nothing in it. */
const unread: CacheControls = { ...plain, noCache: true, noStore: true };

const bytesMax = 1_024;
const namespaceCharactersMax = 128;

export function readCacheControls({ scan }: ModelRequest, body: Buffer): CacheControls {
  const member = memberOf(scan, 'cache');
  if (member === undefined || member.kind === 'null') return plain;
  const bytes = body.subarray(member.valueStart, member.valueEnd);
  if (member.kind !== 'object' || bytes.length > bytesMax || !isUtf8(bytes)) return unread;
  const said: Record<string, unknown> = JSON.parse(bytes.toString('utf8'));
  const [ttlMs, ageMsMax] = [milliseconds(said.ttl), milliseconds(said['s-maxage'])];
  const namespace = said.namespace ?? '';
  const flags = ['no-cache', 'no-store', 'use-cache'].map((name) => said[name] ?? false);
  if (ttlMs === undefined || ageMsMax === undefined || typeof namespace !== 'string') return unread;
  if (namespace.length > namespaceCharactersMax) return unread;
  if (flags.some((flag) => typeof flag !== 'boolean')) return unread;
  const [noCache, noStore, asksFor] = flags.map((flag) => flag === true);
  return {
    ...{ noCache: noCache === true, noStore: noStore === true, asksFor: asksFor === true },
    ...{ ttlMs, ageMsMax, namespace },
  };
}

/** Said in seconds, also as a text; undefined where it is no such number. */
function milliseconds(said: unknown): number | null | undefined {
  if (said === undefined || said === null) return null;
  const seconds = typeof said === 'string' && /^\d{1,9}$/.test(said) ? Number(said) : said;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return undefined;
  return Math.round(seconds * 1_000);
}
