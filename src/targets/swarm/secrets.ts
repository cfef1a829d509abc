// The secrets of a stack, which are the swarm's: its file only names them.

import type { SwarmService, SwarmStack } from './model.ts';

/** Each once, in the order of their names. */
export function secretsIn({ services }: Pick<SwarmStack, 'services'>): readonly string[] {
  const all = services.flatMap((one) => one.plan.secrets.map((secret) => secretKey(one, secret)));
  return [...new Set(all)].sort();
}

/** Within the file; with another value it is another one. */
export function secretKey(
  { versions = {} }: Pick<SwarmService, 'versions'>,
  secret: string,
): string {
  const version = versions[secret];
  return version === undefined ? secret : `${secret}-${version}`;
}

export function secretName({ name }: Pick<SwarmStack, 'name'>, key: string): string {
  return `${name}_${key}`;
}
