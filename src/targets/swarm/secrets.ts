// The secrets of a stack, which are the swarm's: its file only names them.

import type { SwarmStack } from './model.ts';

/** Each once, in the order of their names. */
export function secretsIn({ services }: Pick<SwarmStack, 'services'>): readonly string[] {
  return [...new Set(services.flatMap(({ plan }) => plan.secrets))].sort();
}

export function secretName({ name }: SwarmStack, secret: string): string {
  return `${name}_${secret}`;
}
