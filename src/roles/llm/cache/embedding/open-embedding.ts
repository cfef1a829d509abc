// The embedding that the settings ask for. What is not asked for is not loaded.

import { ClincherError } from '../../../../kit/error.ts';
import type { House } from '../../house.ts';
import type { Embedding } from './embedding.ts';
import type { EmbeddingSettings } from './settings.ts';

/** @throws ClincherError `settings-invalid` */
export async function openEmbedding(
  settings: EmbeddingSettings,
  house: House,
): Promise<Embedding & AsyncDisposable> {
  switch (settings.kind) {
    case 'built-in': {
      const { loadStaticEmbedding } = await import('./static-embedding.ts');
      return owned(loadStaticEmbedding());
    }
    case 'onnx': {
      const { openOnnxEmbedding } = await import('./onnx-embedding.ts');
      return openOnnxEmbedding(settings);
    }
    case 'model': {
      checkModel(settings.model, house);
      const { ProviderEmbedding } = await import('./provider-embedding.ts');
      return owned(new ProviderEmbedding(settings, house));
    }
  }
}

/** Vectors of different models are not to be compared, whatever name they go by together. */
function checkModel(name: string, { settings }: House): void {
  const found = settings.models.find((model) => model.name === name);
  const names = new Set(found?.deployments.map(({ model }) => model));
  if (names.size === 1) return;
  const why =
    found === undefined ? 'is not there' : `leads to different ones: ${[...names].join(', ')}`;
  throw new ClincherError('settings-invalid', `the embedding's model ${name} ${why}`, {
    fix: 'Name a model whose deployments are all of one model of embeddings.',
  });
}

/** It has nothing to be closed. */
function owned<E extends Embedding>(embedding: E): E & AsyncDisposable {
  return Object.assign(embedding, { [Symbol.asyncDispose]: async () => {} });
}
