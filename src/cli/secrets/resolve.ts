// Turns the topology's secret references into values. What is missing is said, not thrown: a stack
// comes up without a provider's key, and llm says so when asked.

import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Secret } from '../../kit/secret.ts';
import { markOf, type SecretMark } from '../../policy/llm-secret-mark.ts';
import type { MarkedSecret, SecretDeclaration, SecretSource } from '../../topology/model.ts';
import { type SecretStore, secretBytesMax } from './store.ts';

export interface SecretWorld {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** `file:` paths are relative to the configuration's folder. */
  readonly baseDir: string;
  /** What clincher generated. */
  readonly generated: SecretStore;
  /** What the user put there with `clincher secret set`. */
  readonly stored: SecretStore;
}

export interface ResolvedSecrets {
  readonly values: ReadonlyMap<string, Secret>;
  readonly missing: readonly MissingSecret[];
}

export interface MissingSecret {
  readonly declaration: SecretDeclaration;
  /** What is wrong and what to do, in two sentences; never a value. */
  readonly message: string;
  readonly fix: string;
}

type Found = Secret | { readonly message: string; readonly fix: string };

export async function resolveSecrets(
  declarations: readonly SecretDeclaration[],
  world: SecretWorld,
): Promise<ResolvedSecrets> {
  const values = new Map<string, Secret>();
  const missing: MissingSecret[] = [];
  for (const declaration of declarations) {
    const found = await resolveOne(declaration.name, declaration.source, world);
    if (found instanceof Secret) values.set(declaration.name, found);
    else missing.push({ declaration, ...found });
  }
  return { values, missing };
}

async function resolveOne(name: string, source: SecretSource, world: SecretWorld): Promise<Found> {
  switch (source.kind) {
    case 'env':
      return fromVariable(source.variable, world.variables[source.variable]);
    case 'file':
      return fromFile(resolve(world.baseDir, source.path));
    case 'store': {
      const fix = `Put it there: clincher secret set ${source.key}`;
      return (
        (await world.stored.read(source.key)) ?? { message: `store:${source.key} is not set.`, fix }
      );
    }
    case 'generated': {
      const fix = 'Run clincher up: it makes what is missing.';
      return (await world.generated.read(name)) ?? { message: `${name} is not made yet.`, fix };
    }
    case 'marks':
      return marksOf(source.of, world);
  }
}

/** Made anew from what the others are now; of what has no value, or no safe mark, there is none. */
async function marksOf(others: readonly MarkedSecret[], world: SecretWorld): Promise<Secret> {
  const marks: SecretMark[] = [];
  for (const { name, source } of others) {
    const found = await resolveOne(name, source, world);
    if (!(found instanceof Secret)) continue;
    const mark = markOf(name, found.reveal(), source.kind === 'generated');
    if (mark !== null) marks.push(mark);
  }
  return new Secret(JSON.stringify(marks));
}

function fromVariable(variable: string, value: string | undefined): Found {
  const text = value?.trim() ?? '';
  if (text !== '') return new Secret(text);
  return {
    message: `the environment variable ${variable} is ${value === undefined ? 'not set' : 'empty'}.`,
    fix: `export ${variable}=... and run clincher up again.`,
  };
}

async function fromFile(path: string): Promise<Found> {
  const fix = 'Name a file with the value in it, and nothing else.';
  try {
    const { size } = await stat(path);
    if (size > secretBytesMax) return { message: `${path} is too large for a secret.`, fix };
    const text = (await readFile(path, 'utf8')).trim();
    return text === '' ? { message: `${path} is empty.`, fix } : new Secret(text);
  } catch (error) {
    return { message: `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, fix };
  }
}
