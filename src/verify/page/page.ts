// The report as one page that asks nothing of anybody: no request leaves it, no script runs in it
// but ours, and whatever a service has named is text. It carries the signed report it was made
// from, and the same report always gives the same page: so a page can be checked to its last byte.

import { createHash } from 'node:crypto';
import { Markup, markup } from '../../kit/markup.ts';
import { formatPlace } from '../../kit/place.ts';
import { isAsked } from '../cells.ts';
import { embedded, reportBetween } from '../embedded-report.ts';
import { declaredText } from '../matrix.ts';
import type { SignedReport } from '../report-schema.ts';
import { fingerprintOf } from '../signature.ts';
import { attacksPart } from './attacks-part.ts';
import { mapPart } from './map-part.ts';
import { matrixPart } from './matrix-part.ts';
import { rightsPart } from './rights-part.ts';
import { rowsPart } from './rows-part.ts';
import { pageScript } from './script.ts';
import { pageStyle } from './style.ts';

export function pageOf(report: SignedReport): string {
  const isGreen = report.exitCode === 0;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>clincher verify: ${isGreen ? 'as declared' : `${report.counts.difference} differ`}</title>
<style>${new Markup(pageStyle)}</style></head><body><main>
<div class="${isGreen ? 'verdict' : 'verdict bad'}"><h1>${headline(report)}</h1>
<p>${subline(report)}</p></div>
${factsPart(report)}
${tilesPart(report)}
${findingsPart(report)}
${mapPart(report)}
${matrixPart(report)}
${rightsPart(report)}
${attacksPart(report)}
${rowsPart(report)}
</main>
${new Markup(opening)}${embedded(report)}</script>
<script>${new Markup(pageScript)}</script>
</body></html>
`.text;
}

const opening = '<script type="application/json" id="report">';

/** @throws ClincherError `report-invalid` where there is no report in it */
export function reportIn(page: string, name: string): SignedReport {
  return reportBetween(opening, '</script>', page, name);
}

/** By their hashes: markup that got in by a hole in ours would still not run. */
const policy = [
  "default-src 'none'",
  `style-src '${hashSource(pageStyle)}'`,
  `script-src '${hashSource(pageScript)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function headline({ counts, rows }: SignedReport): string {
  if (rows.length === 0) return 'Nothing was tried';
  if (counts.difference === 0) return 'What runs is what was declared';
  return counts.difference === 1
    ? 'One thing is not as it was declared'
    : `${counts.difference} things are not as they were declared`;
}

function subline({ rows, services, topologyHash }: SignedReport): string {
  const tried = rows.length === 1 ? '1 thing was' : `${rows.length} things were`;
  return `${tried} tried from inside ${services.length} services of the stack ${topologyHash.slice(0, 12)}.`;
}

function factsPart(report: SignedReport): Markup {
  return markup`<dl class="facts"><dt>When</dt><dd>${report.startedAt.replace('T', ' ').slice(0, 19)} UTC</dd>
<dt>Driver</dt><dd>${report.driver}</dd>
<dt>Topology</dt><dd class="mono">${report.topologyHash}</dd>
<dt>Signed by</dt><dd class="mono">${fingerprintOf(report.signature.publicKey)}</dd>
<dt>Check it</dt><dd class="mono">clincher verify --check-report FILE</dd></dl>`;
}

function tilesPart({ rows, counts, services, durationMs }: SignedReport): Markup {
  const refused = rows.filter(({ via, observed }) => isAsked(via) && observed === 'denied').length;
  const tiles: readonly (readonly [string, string])[] = [
    [String(rows.length), 'things tried'],
    [String(counts.difference), 'differ'],
    [String(rows.filter(({ observed }) => observed === 'unknown').length), 'unknown'],
    [String(refused), 'forbidden requests refused'],
    [String(services.length), 'services'],
    [`${(durationMs / 1_000).toFixed(1)} s`, 'it took'],
  ];
  return markup`<div class="tiles">${tiles.map(
    ([number, says]) =>
      markup`<div class="tile"><b>${number}</b><span class="soft">${says}</span></div>`,
  )}</div>`;
}

function findingsPart(report: SignedReport): Markup | null {
  const rows = report.rows.filter(({ verdict }) => verdict === 'difference');
  if (rows.length === 0) return null;
  return markup`<h2>What differs</h2>${rows.map(
    (row) => markup`<div class="finding"><b>${row.from} → ${row.to}</b>,
 ${row.via} <code>${row.what}</code><br>Declared ${declaredText(row)}; observed ${row.observed}:
 ${row.evidence}.<br><span class="soft">${row.fix} Declared at
 <code>${formatPlace(row.at)}</code>, row <a href="#r${row.id}">${row.id}</a>.</span></div>`,
  )}`;
}
