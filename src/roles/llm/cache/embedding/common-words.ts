// The few thousand words that everybody uses, so that they say little of what is asked: the head of
// the built-in embedding's vocabulary, whichever embedding is used.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The vocabulary is in the order of frequency, after 2,000 entries of letters and the like. */
const commonRankMax = 5_000;

export function loadCommonWords(): (word: string) => boolean {
  const vocabulary = readFileSync(join(import.meta.dirname, 'vocabulary.txt'), 'utf8');
  const words = new Set(vocabulary.split('\n', commonRankMax));
  // A letter by itself is a name: plan B, vitamin C.
  return (word) => word.length > 1 && words.has(word);
}
