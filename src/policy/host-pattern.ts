// Sets of host patterns, made ready once so that a decision costs the same however long a list
// is: `api.example.com`, `*.example.com` for exactly one label more, `**.example.com` for any
// number of them. The apex is never in a wildcard.

import type { Host } from './host.ts';

export interface HostPatterns {
  /** The pattern that names this host, as it was written; null when none does. */
  find(host: Host): string | null;
}

/** What is not well formed matches nothing; settings with such a pattern are refused at load. */
export function hostPatterns(patterns: readonly string[]): HostPatterns {
  const exact = new Set<string>();
  /** By what follows the star: `.example.com`. */
  const oneLabel = new Set<string>();
  const anyDepth = new Set<string>();
  for (const pattern of patterns) {
    if (pattern.startsWith('**.')) anyDepth.add(pattern.slice(2));
    else if (pattern.startsWith('*.')) oneLabel.add(pattern.slice(1));
    else exact.add(pattern);
  }
  return {
    find({ kind, text }) {
      if (exact.has(text)) return text;
      // `*.0.0.5` is not a range of addresses.
      if (kind === 'address') return null;
      let dot = text.indexOf('.');
      if (dot >= 0 && oneLabel.has(text.slice(dot))) return `*${text.slice(dot)}`;
      for (; dot >= 0 && anyDepth.size > 0; dot = text.indexOf('.', dot + 1)) {
        if (anyDepth.has(text.slice(dot))) return `**${text.slice(dot)}`;
      }
      return null;
    },
  };
}
