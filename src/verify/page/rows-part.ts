// Everything that was tried, with what the machine answered, in the page: one row each, searchable.

import { type Markup, markup } from '../../kit/markup.ts';
import { formatPlace } from '../../kit/place.ts';
import type { Report, ReportRow } from '../model.ts';

export function rowsPart({ rows }: Report): Markup {
  const callers = [...new Set(rows.map(({ from }) => from))].toSorted();
  const states = [...new Set(rows.map(stateOf))].toSorted();
  return markup`<h2>Everything that was tried</h2>
<div class="tools" hidden><input id="text" type="search" placeholder="Search: an address, a path, a reason"
 aria-label="Search the rows"><select id="from" aria-label="Who tried"><option value="">everyone</option>
${callers.map(option)}</select><select id="state" aria-label="With what outcome"><option value="">any outcome</option>
${states.map(option)}</select><span id="found" class="soft" role="status"></span></div>
<div class="card"><table id="rows"><thead><tr><th scope="col">From</th><th scope="col">To</th>
<th scope="col">What</th><th scope="col">Outcome</th><th scope="col">Evidence</th>
<th scope="col">Declared at</th></tr></thead><tbody>
${rows.map(rowPart)}</tbody></table></div>`;
}

function option(value: string): Markup {
  return markup`<option value="${value}">${value}</option>`;
}

function stateOf({ verdict, observed }: ReportRow): string {
  return verdict === 'difference' ? 'differs' : observed;
}

function rowPart(row: ReportRow): Markup {
  const { id, from, to, via, what, observed, verdict, deniedBy, evidence, declared, at } = row;
  const state = stateOf(row);
  const tone = verdict === 'as-declared' ? observed : verdict;
  const by = deniedBy === null ? '' : ` by ${deniedBy}`;
  return markup`<tr id="r${id}" data-from="${from}" data-state="${state}"><td>${from}</td><td>${to}</td>
<td>${via} <code>${what}</code></td><td><span class="tag ${tone}">${observed}</span>${by}</td>
<td>${evidence}</td><td class="soft mono">${formatPlace(at)}${declared === null ? '' : ` ${declared.by}`}</td></tr>
`;
}
