// What the kernel grants each service, in the page: a line for each right that no service has, and
// in each column whether that holds.

import { type Markup, markup } from '../../kit/markup.ts';
import { markOf, marks } from '../cells.ts';
import type { Report, ReportRow } from '../model.ts';

export function rightsPart(report: Report): Markup | null {
  const rows = report.rows.filter(({ to, via }) => to === 'kernel' && via === 'rights');
  if (rows.length === 0) return null;
  const services = [...new Set(rows.map(({ from }) => from))].toSorted();
  const rights = [...Map.groupBy(rows, ({ what }) => what)].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return markup`<h2>Rights</h2><div class="card"><table class="matrix"><thead><tr>
<th scope="col">does it have</th>${services.map((name) => markup`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rights.map(
    ([what, some]) => markup`<tr><th scope="row">${what}</th>${services.map((name) =>
      cellPart(some.find(({ from }) => from === name)),
    )}</tr>
`,
  )}</tbody></table></div>`;
}

function cellPart(row: ReportRow | undefined): Markup {
  if (row === undefined) return markup`<td></td>`;
  const mark = markOf(row);
  const symbol =
    mark === 'denied' ? 'no' : (marks.find((each) => each.mark === mark)?.symbol ?? '');
  const says = `${row.from}: ${row.evidence}`;
  return markup`<td class="${mark}" title="${says}"><a href="#r${row.id}" data-from="${row.from}"
 data-to="${row.what}" aria-label="${says}">${symbol}</a></td>`;
}
