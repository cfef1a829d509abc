// The project's own source as data, for the tests that hold it to its rules.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Text by path, relative to the checkout, with forward slashes. */
export type SourceTree = ReadonlyMap<string, string>;

export const checkout = join(dirname(fileURLToPath(import.meta.url)), '../..');

export function readSourceTree(patterns: readonly string[]): SourceTree {
  const paths = globSync([...patterns], { cwd: checkout }).sort();
  return new Map(paths.map((path) => [path, readFileSync(join(checkout, path), 'utf8')]));
}

/**
 * Every module that a file's text names: static, type-only, re-exported, dynamic, or started as a
 * file of its own. A mention in a comment or a string counts too: a scan for breaches may
 * over-count and never miss.
 */
export function importsOf(path: string, text: string): readonly string[] {
  const named = text.matchAll(/\b(?:from|import)\s*\(?\s*['"`]([^'"`\s]+)['"`]/g);
  const started = text.matchAll(/new URL\(\s*['"]([^'"]+\.ts)['"]\s*,\s*import\.meta\.url/g);
  const specifiers = [...named, ...started].map((match) => match[1] ?? '');
  return [...new Set(specifiers)].map((specifier) =>
    specifier.startsWith('.')
      ? posix.normalize(posix.join(posix.dirname(path), specifier))
      : specifier,
  );
}

/** An import whose module is computed escapes every scan. */
export function hasHiddenImport(text: string): boolean {
  return /\bimport\s*\(\s*[^'"`\s)]/.test(text) || /\bcreateRequire\b|\brequire\(/.test(text);
}
