// Where a LiteLLM config.yaml says that a Redis is.

import * as z from 'zod';
import type { SecretValue } from './values.ts';

/** Its name is resolved when it starts. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly password: SecretValue | null;
}

export const redisHost = z
  .string()
  .regex(/^(?!os\.environ)[\w.:-]{1,253}$/, 'must be a name or an address, as it is');

/** A number, also as text, which is how ports are written there. */
export const figure = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{1,12}(?:\.\d+)?$/.test(value) ? +value : value),
  z.number(),
);

export const redisPort = figure.pipe(z.int().min(1).max(65_535));
