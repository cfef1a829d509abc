// The report as JUnit's XML, for what shows tests: a suite for each service, a case for each row.
// Read by Jenkins, GitLab and others; there is no standard, the fields are those that all know. The
// report it was made from is in it, where no reader of tests looks.

import { Markup, markup } from '../kit/markup.ts';
import { formatPlace } from '../kit/place.ts';
import { embedded, reportBetween } from './embedded-report.ts';
import type { Report, ReportRow } from './model.ts';
import type { SignedReport } from './report-schema.ts';

/** A processing instruction: for one program, and passed over by every other. */
const opening = '<?clincher-report ';

export function junitText(report: SignedReport): string {
  const suites = Map.groupBy(report.rows, ({ from }) => from);
  const seconds = (report.durationMs / 1_000).toFixed(3);
  const { difference } = report.counts;
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="clincher verify" tests="${report.rows.length}" failures="${difference}" time="${seconds}">
${[...suites].map(([from, rows]) => suite(report, from, rows))}
</testsuites>
${new Markup(opening)}${embedded(report)}?>
`.text;
}

/** @throws ClincherError `report-invalid` where there is no report in it */
export function reportInJunit(text: string, name: string): SignedReport {
  return reportBetween(opening, '?>', text, name);
}

function suite(report: Report, from: string, rows: readonly ReportRow[]): Markup {
  const failures = rows.filter(isFailure).length;
  return markup`<testsuite name="${from}" tests="${rows.length}" failures="${failures}" errors="0"
 skipped="0" timestamp="${report.startedAt}"><properties><property name="topology"
 value="${report.topologyHash}"/></properties>
${rows.map(testCase)}
</testsuite>
`;
}

function testCase(row: ReportRow): Markup {
  const { from, to, via, what, at } = row;
  const name = `${to}, ${via} ${what}`;
  const head = markup`<testcase classname="${from}.${to}" name="${name}" file="${at.file}" line="${at.line}"`;
  if (!isFailure(row)) return markup`${head}/>\n`;
  const says = `${row.declared === null ? 'closed' : 'open'} by declaration, ${row.observed} in fact`;
  return markup`${head}><failure message="${says}" type="${row.observed}">${[
    `${formatPlace(at)}: ${row.evidence}`,
    ...(row.fix === null ? [] : [row.fix]),
  ].join('\n')}</failure></testcase>\n`;
}

function isFailure({ verdict }: ReportRow): boolean {
  return verdict === 'difference';
}
