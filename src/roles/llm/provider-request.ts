// A client's request as one provider wants it: path, headers, signature, and the body with the few
// bytes changed that must differ there.

import type { IncomingHttpHeaders } from 'node:http';
import { type Api, apiPaths, isProviderOnly } from '../../policy/llm-api.ts';
import { cacheMarks, marksPay } from '../../policy/llm-cache-marks.ts';
import { rewrite } from '../../policy/llm-edits.ts';
import { type ModelRequest, readModelRequest } from '../../policy/llm-request.ts';
import type { Candidate } from '../../policy/llm-route.ts';
import { spliceParts } from '../../policy/llm-splice.ts';
import type { Translation } from '../../policy/llm-translation.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { Adapter } from './providers/adapter.ts';
import type { ProviderSettings } from './routing/settings.ts';

export interface Asked {
  readonly request: ModelRequest;
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly search: string;
  readonly requestId: string;
}

export interface Place {
  readonly provider: ProviderSettings;
  readonly adapter: Adapter;
  /** Where the base URL leads; the path is added to its own. */
  readonly url: URL;
  /** Empty for a provider that takes no key. */
  readonly secret: string;
  /** Of the deployment. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ProviderRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One after the other they are the body: a large one is not copied. */
  readonly body: readonly Uint8Array[];
  /** The stream was made to count though the client did not ask. */
  readonly countUnasked: boolean;
  /** Breakpoints were put in. */
  readonly marked: boolean;
  /** What a translation had no word for. */
  readonly dropped: readonly string[];
}

export function providerRequest(
  asked: Asked,
  candidate: Candidate,
  place: Place,
  translation: Translation | null,
  nowMs: number,
): ProviderRequest | { readonly refused: string } {
  const { adapter, provider } = place;
  const { api, model, outputTokens } = candidate;
  const { stream } = asked.request;
  const made =
    translation === null
      ? { body: asked.body, request: asked.request, dropped: [] }
      : translated(asked, candidate, adapter, translation);
  if ('refused' in made) return made;
  // A query means something in the client's own API alone.
  const search = translation === null ? asked.search : '';
  const call = { api, provider, model, stream, search };
  const changes = adapter.members?.(call) ?? { remove: [], add: {} };
  const { edits, countUnasked } = rewrite(made.body, made.request, {
    ...{ model, outputTokens, outputKey: adapter.outputKey, add: changes.add },
    // What is said to a cache on the way is not for the provider.
    remove: ['cache', ...changes.remove],
    countStreams: adapter.countsWhenTold,
  });
  const { scan, cacheWrite } = made.request;
  // Of a translated body it is known only now.
  const pays = candidate.isMarked && cacheWrite === 'none' && marksPay(scan, made.body.length);
  const marks = pays ? cacheMarks(made.body, scan) : [];
  const body = spliceParts(made.body, [...edits, ...marks]);
  const path = pathOf(adapter, call);
  const headers = headersFor(asked, place, api, body, path, nowMs);
  return { path, headers, body, countUnasked, marked: marks.length > 0, dropped: made.dropped };
}

function translated(
  asked: Asked,
  { api, model, outputTokens }: Candidate,
  { outputKey }: Adapter,
  translation: Translation,
) {
  const made = translation.request(asked.body, { model, outputTokens, outputKey });
  if ('refused' in made) return made;
  // What no client sends is written whole: nothing in it is changed here.
  if (isProviderOnly(api)) return { ...made, request: asRead(asked.request, api) };
  const request = readModelRequest(api, made.body);
  return 'fault' in request ? { refused: request.fault } : { ...made, request };
}

const nothing = {
  ...{ inside: 0, members: [], types: new Map(), ttls: new Set<string>() },
  ...{ hasCacheControl: false, stored: new Set<never>() },
};

function asRead(request: ModelRequest, api: Api): ModelRequest {
  return { ...request, api, scan: nothing, outputTokens: 0 };
}

function pathOf(adapter: Adapter, call: Parameters<NonNullable<Adapter['path']>>[0]): string {
  if (adapter.path !== undefined) return adapter.path(call);
  // One that the settings say it speaks is where its makers put it.
  const path = adapter.paths[call.api] ?? apiPaths[call.api];
  return `${path.replace('{model}', encodeURIComponent(call.model))}${call.search}`;
}

/** An allow list: the client's own credentials, cookies and addresses stay here. */
function headersFor(
  asked: Asked,
  place: Place,
  api: Api,
  parts: readonly Uint8Array[],
  path: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  const { adapter, provider, secret, url } = place;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    // An answer that is compressed cannot be counted.
    'accept-encoding': 'identity',
    'user-agent': 'clincher',
    ...adapter.headers?.(provider),
  };
  for (const name of ['accept', ...adapter.forwarded]) {
    const value = asked.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  Object.assign(headers, place.headers);
  headers[requestIdHeader] = asked.requestId;
  if (secret === '') return headers;
  const auth = adapter.authFor?.(api) ?? adapter.auth;
  if (auth === 'bearer') headers.authorization = `Bearer ${secret}`;
  else if (auth !== 'signed') headers[auth] = secret;
  else {
    const whole = new URL(`${url.origin}${url.pathname.replace(/\/$/, '')}${path}`);
    const body = Buffer.concat(parts);
    Object.assign(headers, adapter.sign?.({ url: whole, headers, body, secret, provider, nowMs }));
  }
  return headers;
}
