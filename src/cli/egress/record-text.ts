// A record as lines for people. What came from outside is written so that it cannot drive the
// terminal of who reads it.

import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import type { EgressRecord } from '../../roles/egress/record.ts';

/**
 * `2026-11-22T14:03:11Z deny   gateway > example.com:443  host-not-allowed  3 ms  id`, and for what
 * was refused or reported the rule and the line that would allow it.
 */
export function recordLines(record: EgressRecord, colours: Colors = pc): readonly string[] {
  const { time, verdict, reason, durationMs, requestId, rule, fix } = record;
  const parts = [
    `${time.slice(0, 19)}Z ${colours[mark[verdict]](verdict.padEnd(6))} ${askedFor(record)}`,
    verdict === 'allow' ? shown(record.address ?? record.via ?? '') : reason,
    carried(record),
    duration(durationMs),
    colours.dim(shown(requestId)),
  ];
  const lines = [parts.filter((part) => part !== '').join('  ')];
  const { end } = record;
  if (end !== undefined && end !== 'closed') lines.push(`    ended: ${shown(end)}`);
  if (verdict === 'allow') return lines;
  const { address, error } = record;
  if (typeof address === 'string') {
    lines.push(`    address: ${shown(address)} (${shown(record.class ?? 'unknown')})`);
  }
  if (record.via !== undefined) lines.push(`    via: ${shown(record.via)}`);
  if (record.from !== undefined) lines.push(`    from: ${shown(record.from)}`);
  if (error !== undefined) lines.push(`    system: ${shown(error)}`);
  if (typeof record.sni === 'string') lines.push(`    server name: ${shown(record.sni)}`);
  if (rule !== null) lines.push(`    rule: ${shown(rule)}`);
  if (typeof fix === 'string') lines.push(`    to allow: ${shown(fix)}`);
  return lines;
}

const mark = { allow: 'green', deny: 'red', report: 'yellow' } as const;

/** `gateway > example.com:443`; a request that was not understood asked for nothing. */
export function askedFor({ caller, host, port }: EgressRecord): string {
  return `${shown(caller)} > ${host === undefined ? '?' : authority(shown(host), port)}`;
}

export function authority(host: string, port: number | undefined): string {
  const text = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? text : `${text}:${port}`;
}

function carried({ bytesUp, bytesDown }: EgressRecord): string {
  if (bytesUp === undefined || bytesDown === undefined) return '';
  return `${bytesText(bytesUp)} up, ${bytesText(bytesDown)} down`;
}

const bytesUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `999 B`, `1.2 kB`, `34 MB`: of 1,000 each. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < bytesUnits.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${bytesUnits[unit]}`;
}

function duration(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}

/** Printable ASCII as it is, everything else escaped: a name in a record is a stranger's text. */
export function shown(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
