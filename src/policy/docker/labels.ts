// The labels of a container: the caller's own, below the names the template gives, and ours, by
// which its scope is decided and which no caller can set.

import { BodyFault, objectOf, textOf } from './body-field.ts';
import type { CallerPolicy, Template } from './model.ts';
import { matchesAny } from './pattern.ts';
import { ourLabels, ownerLabel } from './reserved.ts';
import { ownerOf } from './scope.ts';
import type { Json } from './strict-json.ts';

export function readLabels(value: Json, template: Template, policy: CallerPolicy): Json {
  const labels = new Map<string, Json>();
  for (const [key, each] of objectOf(value, 'Labels')) {
    if (key.toLowerCase().startsWith(ourLabels)) {
      throw refused(`"${key.slice(0, 64)}" is set by clincher alone.`);
    }
    if (!matchesAny(template.labels, key)) {
      throw refused(`"${key.slice(0, 64)}" is not one that the template lets callers set.`);
    }
    labels.set(key, textOf(each, `Labels.${key}`));
  }
  labels.set(ownerLabel, ownerOf(policy));
  return labels;
}

const refused = (says: string) => new BodyFault('docker-label-refused', 'Labels', says);
