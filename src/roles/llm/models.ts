// GET /v1/models in both dialects: the names a client may ask for, and nothing else about them.

import type { Dialect } from '../../policy/llm-request.ts';
import type { LlmSettings } from './settings.ts';

/** Only models that can be asked in this dialect. */
export function listModels({ models, providers }: LlmSettings, dialect: Dialect): unknown {
  const speaks = (name: string) =>
    providers.some((provider) => provider.name === name && provider.dialect === dialect);
  const ids = models
    .filter(({ deployments }) => deployments.some(({ provider }) => speaks(provider)))
    .map(({ name }) => name);
  if (dialect === 'openai') {
    const data = ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'clincher' }));
    return { object: 'list', data };
  }
  const data = ids.map((id) => ({
    type: 'model',
    id,
    display_name: id,
    created_at: '1970-01-01T00:00:00Z',
  }));
  return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}
