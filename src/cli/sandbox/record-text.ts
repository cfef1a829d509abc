// A record of the sandboxes as lines for people. What came from outside is written so that it
// cannot drive the terminal of who reads it.

import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { bytesText, shown } from '../egress/record-text.ts';
import type { SandboxRecord } from './sandbox-record.ts';

/**
 * `2026-11-22T14:03:11Z allow  gateway > ExecStart  9f2c1ab34d5e  1.2 kB out  80 ms  id`, and for
 * what was refused or changed why and what.
 */
export function recordLines(record: SandboxRecord, colours: Colors = pc): readonly string[] {
  const { time, verdict, reason, durationMs, requestId, rule } = record;
  const parts = [
    `${time.slice(0, 19)}Z ${colours[mark[verdict]](verdict.padEnd(6))} ${askedFor(record)}`,
    verdict === 'allow' ? '' : shown(reason),
    carried(record),
    durationMs < 10_000 ? `${Math.round(durationMs)} ms` : `${Math.round(durationMs / 1_000)} s`,
    colours.dim(shown(requestId)),
  ];
  const lines = [parts.filter((part) => part !== '').join('  ')];
  const say = (label: string, text: string | null | undefined) => {
    if (typeof text === 'string' && text !== '') lines.push(`    ${label}: ${shown(text)}`);
  };
  if (record.role === 'docker-proxy') {
    say('changed', record.changed);
    if (record.end !== undefined && record.end !== 'closed') say('ended', record.end);
  }
  if (verdict === 'allow') return lines;
  if (record.role === 'docker-proxy') {
    say('field', record.field);
    say('wire', record.fault);
    say('system', record.error);
  }
  say('rule', rule);
  return lines;
}

const mark = { allow: 'green', deny: 'red', report: 'yellow' } as const;

function askedFor(record: SandboxRecord): string {
  const who = shown(record.caller);
  if (record.role === 'sandbox') {
    const exit = typeof record.exit === 'number' ? `  exit ${record.exit}` : '';
    return `${who} > ${shown(record.asked ?? 'command')}  ${shown(record.scope ?? '')}${exit}`;
  }
  const { operation, method, path, container, name, image } = record;
  const what = operation ?? (method === undefined ? '?' : `${method} ${path ?? ''}`);
  const on = name ?? container?.slice(0, 12) ?? image;
  return `${who} > ${shown(what)}${on === undefined ? '' : `  ${shown(on)}`}`;
}

function carried({ bytesIn = 0, bytesOut = 0 }: SandboxRecord): string {
  const parts = [];
  if (bytesIn > 0) parts.push(`${bytesText(bytesIn)} in`);
  if (bytesOut > 0) parts.push(`${bytesText(bytesOut)} out`);
  return parts.join(', ');
}
