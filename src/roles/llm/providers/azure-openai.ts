// Azure OpenAI. Without `apiVersion` the v1 surface: the deployment's name is the body's model.
// With one, the older surface: the deployment stands in the path, and the body's model is not read.

import type { Api } from '../../../policy/llm-api.ts';
import type { Adapter } from './adapter.ts';

const last: Partial<Readonly<Record<Api, string>>> = {
  chat: 'chat/completions',
  responses: 'responses',
  completions: 'completions',
  embeddings: 'embeddings',
};

export const azureOpenai: Adapter = {
  kind: 'azure-openai',
  stopsWhenLeft: true,
  paths: {
    chat: '/openai/v1/chat/completions',
    responses: '/openai/v1/responses',
    completions: '/openai/v1/completions',
    embeddings: '/openai/v1/embeddings',
  },
  auth: 'api-key',
  forwarded: [],
  outputKey: 'max_completion_tokens',
  countsWhenTold: true,
  path({ api, provider, model }) {
    const { apiVersion } = provider.options;
    if (apiVersion === null) return `/openai/v1/${last[api]}`;
    const query = `?api-version=${encodeURIComponent(apiVersion)}`;
    // Responses never had a path by deployment.
    if (api === 'responses') return `/openai/responses${query}`;
    return `/openai/deployments/${encodeURIComponent(model)}/${last[api]}${query}`;
  },
};
