// A suggestion in words: what it is for, what else it opens, and what no rule would let through.

import type { SuggestedChange } from './suggest-change.ts';
import { wishFix, wishText } from './wishes.ts';

export function suggestionNotes(change: SuggestedChange): readonly string[] {
  const { granted, left, opens, settled } = change;
  const lines: string[] = [];
  const section = (title: string, items: readonly string[]) => {
    if (items.length > 0) lines.push(title, ...items.map((item) => `  ${item}`));
  };
  section('This would let through:', granted.map(wishText));
  section('It opens:', opens);
  section(
    'Not part of it, because no rule would change it:',
    left.flatMap((wish) => [wishText(wish), `  ${wishFix(wish)}`]),
  );
  if (settled > 0) lines.push(`${settled} more of the record are allowed by what is declared now.`);
  if (granted.length === 0) lines.push('There is nothing to change in the egress rules.');
  return lines;
}
