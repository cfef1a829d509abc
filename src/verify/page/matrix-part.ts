// Who reaches whom, in the page: a mark leads to the rows behind it.

import { type Markup, markup } from '../../kit/markup.ts';
import { type Cell, marks, matrixOf } from '../cells.ts';
import type { Report } from '../model.ts';

export function matrixPart(report: Report): Markup {
  const { targets, lines } = matrixOf(report);
  return markup`<h2>Who reaches whom</h2><div class="card"><table class="matrix">
<thead><tr><th scope="col">from \\ to</th>${targets.map((to) => markup`<th scope="col">${to}</th>`)}</tr></thead>
<tbody>${lines.map(
    ({ from, cells }) =>
      markup`<tr><th scope="row">${from}</th>${cells.map((cell) => cellPart(from, cell))}</tr>
`,
  )}</tbody></table>
<ul class="legend">${marks
    .filter(({ mark }) => mark !== 'untried')
    .map(
      ({ mark, symbol, says }) => markup`<li><span class="${mark}">${symbol}</span> ${says}</li>`,
    )}</ul>
</div>`;
}

function cellPart(from: string, { to, mark, rows }: Cell): Markup {
  const known = marks.find((each) => each.mark === mark);
  const [first] = rows;
  if (first === undefined || known === undefined) return markup`<td></td>`;
  const says = `${from} to ${to}: ${known.says}, ${rows.length} tried`;
  const target = to === 'secrets' ? 'secret' : to;
  return markup`<td class="${mark}" title="${says}"><a href="#r${first.id}" data-from="${from}"
 data-to="${target}" aria-label="${says}">${known.symbol}</a></td>`;
}
