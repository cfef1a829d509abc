// Findings as lines for people: the worst first, each with its place and what to do.

import pc from 'picocolors';
import type { Finding } from '../kit/finding.ts';
import { formatPlace } from '../kit/place.ts';

export function hasFatal(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'fatal');
}

/** `declared` is what was looked at, for the last line. */
export function findingLines(findings: readonly Finding[], declared: string): readonly string[] {
  const sorted = [...findings].sort((a, b) => rank(a) - rank(b));
  return [...sorted.flatMap(findingText), summary(findings, declared)];
}

export function findingText(finding: Finding): readonly string[] {
  const mark = finding.severity === 'fatal' ? pc.red('fatal') : pc.yellow('warning');
  return [
    `${mark} ${formatPlace(finding.at)} ${finding.message} ${pc.dim(`[${finding.id}]`)}`,
    `  ${finding.fix}`,
  ];
}

function summary(findings: readonly Finding[], declared: string): string {
  if (findings.length === 0) return `${pc.green('safe')}: ${declared}, no findings`;
  const fatal = findings.filter(({ severity }) => severity === 'fatal').length;
  const counts = `${fatal} fatal, ${findings.length - fatal} warnings`;
  return fatal === 0
    ? `${pc.green('safe')}: ${declared}, ${counts}`
    : `${pc.red('not safe')}: ${declared}, ${counts}`;
}

function rank({ severity }: Finding): number {
  return severity === 'fatal' ? 0 : 1;
}
