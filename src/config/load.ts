// clincher.yaml to options: one read, every error at once, each with its place.

import { dirname, resolve } from 'node:path';
import { LocatedDocument } from '../kit/located/document.ts';
import { Reader } from '../kit/located/reader.ts';
import type { StackOptions } from '../topology/options.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigSurroundings, optionsFrom } from './options.ts';
import { readConfigFile } from './read-file.ts';
import { configSchema } from './schema.ts';

export interface LoadedConfig {
  readonly options: StackOptions;
  /** As it was named, for messages. */
  readonly file: string;
  /** Absolute folder of the file: what its relative paths, and `.clincher`, are relative to. */
  readonly dir: string;
}

/**
 * @throws ClincherError `config-missing`, `config-unreadable`
 * @throws ConfigError `config-invalid`, with every problem
 */
export async function loadConfig(
  path: string,
  surroundings: Partial<Omit<ConfigSurroundings, 'baseDir'>> = {},
): Promise<LoadedConfig> {
  const text = await readConfigFile(path);
  const dir = dirname(resolve(path));
  return { options: parseConfig(text, path, { ...surroundings, baseDir: dir }), file: path, dir };
}

/**
 * Pure. `file` is the name that messages give the text; relative paths in it are relative to its
 * folder unless `baseDir` says otherwise.
 * @throws ConfigError `config-invalid`, with every problem
 */
export function parseConfig(
  text: string,
  file: string,
  surroundings: Partial<ConfigSurroundings> = {},
): StackOptions {
  const document = new LocatedDocument(text, file);
  const reader = new Reader(document);
  const { value } = document;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (value !== undefined && !isMap) {
    const what = value === null ? 'the file is empty' : 'the file must be a map of sections';
    reader.add([], `${what}; the shortest one starts with version: 1`);
  }
  if (!isMap) throw new ConfigError(file, [...document.problems, ...reader.problems]);
  reader.refuseUnknown([], Object.keys(configSchema.shape));
  const options = optionsFrom(reader, file, {
    baseDir: surroundings.baseDir ?? dirname(file),
    demo: surroundings.demo ?? false,
    cloudflareRanges: surroundings.cloudflareRanges ?? [],
    driver: surroundings.driver,
    named: surroundings.named,
  });
  const problems = [...document.problems, ...reader.problems];
  if (problems.length > 0) throw new ConfigError(file, problems);
  return options;
}
