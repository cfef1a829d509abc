// tinyproxy.conf and its list of patterns, which allow only where one line says so.

import type { MountedFile } from '../view.ts';
import { formRule, type InsideFile, linesOf, type ProxyPolicy } from './policy.ts';

export function tinyproxyPolicy(source: MountedFile, inside: InsideFile): ProxyPolicy {
  const lines = linesOf(source);
  const start = { file: source.file, line: 1, column: 1 };
  const find = (key: string) => lines.find(({ words }) => words[0]?.toLowerCase() === key);
  const list = find('filter');
  const named = list === undefined ? null : inside(list.words[1]?.replaceAll('"', '') ?? '');
  const denies = /^(yes|on|1)$/i.test(find('filterdefaultdeny')?.words[1] ?? '');
  return {
    rules: named === null ? [] : linesOf(named).map(({ said, at }) => formRule(said, at)),
    open: denies ? null : (list?.at ?? start),
    anyPort: find('connectport') === undefined ? start : null,
    ...{ byHeader: null, unverified: null, steered: null },
  };
}
