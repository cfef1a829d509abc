// A secret that the host itself uses and no service hears of: a token for an API, a key for a CA.

import { ClincherError } from '../../kit/error.ts';
import type { Place } from '../../kit/place.ts';
import type { Secret } from '../../kit/secret.ts';
import type { SecretSource } from '../../topology/model.ts';
import { readEnvironment } from '../env.ts';
import { resolveSecrets } from './resolve.ts';
import { generatedStore, userStore } from './stores.ts';

export interface HostSecret {
  readonly name: string;
  /** For people: `the token for Cloudflare`. */
  readonly what: string;
  readonly source: SecretSource;
  readonly at: Place;
}

/** @throws ClincherError `secret-missing` */
export async function readHostSecret(
  { name, what, source, at }: HostSecret,
  baseDir: string,
  stateDir: string,
): Promise<Secret> {
  const declaration = { name, kind: 'monitor-credential', source, at } as const;
  const { values, missing } = await resolveSecrets([declaration], {
    variables: readEnvironment().variables,
    baseDir,
    generated: generatedStore(stateDir),
    stored: userStore(stateDir),
  });
  const value = values.get(name);
  if (value !== undefined) return value;
  const [lost] = missing;
  throw new ClincherError('secret-missing', `${what}: ${lost?.message}`, {
    at,
    ...(lost === undefined ? {} : { fix: lost.fix }),
  });
}
