// Google Vertex AI: Anthropic's models by rawPredict, Gemini at its OpenAI-compatible endpoint. The
// secret is a service account's key file; each call carries a JWT it signs, so that no token has to
// be fetched from another host first.

import type { Adapter, PathCall } from './adapter.ts';
import { serviceAccountJwt } from './google-jwt.ts';

export const vertex: Adapter = {
  kind: 'vertex',
  paths: { messages: '', chat: '' },
  speaks: (model) => (model.startsWith('claude') ? ['messages'] : ['chat']),
  auth: 'signed',
  forwarded: ['anthropic-beta'],
  outputKey: 'max_tokens',
  countsWhenTold: true,
  path(call) {
    const at = place(call);
    if (call.api === 'chat') return `${at}/endpoints/openapi/chat/completions`;
    const method = call.stream ? 'streamRawPredict' : 'rawPredict';
    return `${at}/publishers/anthropic/models/${encodeURIComponent(call.model)}:${method}`;
  },
  members: ({ api }) =>
    api === 'messages'
      ? { remove: ['model'], add: { anthropic_version: '"vertex-2023-10-16"' } }
      : { remove: [], add: {} },
  sign: ({ secret, nowMs }) => ({ authorization: `Bearer ${serviceAccountJwt(secret, nowMs)}` }),
};

function place({ provider: { options } }: PathCall): string {
  const [project, region] = [options.project ?? '', options.region ?? 'global'];
  return `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(region)}`;
}
