// The map in the page: green is an edge that was tried and is open as declared, red is one that is
// not, or a way that was found and that nothing declares.

import { type Markup, markup } from '../../kit/markup.ts';
import { topologySvg } from '../../render/topology-svg.ts';
import type { Report, ReportRow } from '../model.ts';

export function mapPart(report: Report): Markup {
  const edges = new Map<string, string>();
  for (const row of report.rows) {
    if (row.declared === null) continue;
    const isBad = row.verdict === 'difference' || edges.get(row.declared.by) === 'bad';
    edges.set(row.declared.by, isBad ? 'bad' : 'open');
  }
  const found = report.rows
    .filter((row) => isUndeclaredWay(row, report))
    .map(({ from, to, what }) => ({ from, to, what }));
  return markup`<h2>The map</h2><div class="card">${topologySvg(report.map, { edges, found })}
<ul class="legend"><li class="open">→ tried, open as declared</li><li>→ not tried one by one</li>
<li class="difference">⇢ differs, or nothing declares it</li>
<li>Left out: who reads the metrics of everyone.</li></ul></div>`;
}

function isUndeclaredWay({ verdict, observed, declared, from, to }: ReportRow, { map }: Report) {
  const known = [...map.services, ...map.externals].some(({ name }) => name === to);
  const isOpen = verdict === 'difference' && observed === 'open' && declared === null;
  return isOpen && known && from !== to;
}
