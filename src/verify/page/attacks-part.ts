// The attacks in the page: each class with the property that it tries, how many were refused as
// they must be, and what the guard said to each.

import { type Markup, markup } from '../../kit/markup.ts';
import type { Report, ReportRow } from '../model.ts';

export function attacksPart({ rows }: Report): Markup | null {
  const attacks = rows.filter(({ attack }) => attack !== undefined);
  if (attacks.length === 0) return null;
  const byTable = Map.groupBy(attacks, ({ to, attack }) => `${to}\0${attack?.class}`);
  const tables = [...byTable].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return markup`<h2>Attacks</h2><div class="card">${tables.map(([, some]) => tablePart(some))}</div>`;
}

function tablePart(rows: readonly ReportRow[]): Markup | null {
  const [first] = rows;
  if (first?.attack === undefined) return null;
  const failed = rows.filter(({ verdict }) => verdict === 'difference').length;
  const says = failed === 0 ? `${rows.length} refused` : `${failed} of ${rows.length} got through`;
  return markup`<details><summary>${first.to}, ${first.attack.class}:
 <span class="${failed === 0 ? 'open' : 'difference'}">${says}</span></summary>
<p class="soft">${first.attack.property}</p><table><thead><tr><th scope="col">From</th>
<th scope="col">Tries</th><th scope="col">Must be told</th><th scope="col">Was told</th></tr></thead><tbody>
${rows.map(
  ({ id, from, what, attack, evidence, verdict }) =>
    markup`<tr><td>${from}</td><td><a href="#r${id}">${what}</a></td><td>${attack?.wanted ?? ''}</td>
<td class="${verdict === 'difference' ? 'difference' : 'refused'}">${evidence}</td></tr>
`,
)}</tbody></table></details>`;
}
