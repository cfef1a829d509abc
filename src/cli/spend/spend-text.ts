// What was spent as a table, a chart or CSV. Pure.

import { dollars } from '../../kit/dollars.ts';
import type { SpendCall, SpendSum } from '../../roles/llm/spend/spend-query.ts';
import { shown } from '../egress/record-text.ts';
import type { Spend } from './read-spend.ts';

type Row = SpendSum & { readonly name: string };

const heads = ['calls', 'spent', 'heartbeat', 'input', 'cached', 'written', 'output'] as const;
const barWidth = 32;

/** The total first, then a table, then the calls where they were asked for. */
export function spendLines(spend: Spend, chart: boolean): readonly string[] {
  const { total, underWayNanoUsd, calls, groups, by } = spend;
  const count = `${total.calls} ${total.calls === 1 ? 'call' : 'calls'}`;
  const notes = [
    `${dollars(total.spentNanoUsd)} spent in ${count} since ${time(spend.from)}`,
    ...note(total.heartbeatNanoUsd, 'of it by heartbeats'),
    ...note(total.toolsNanoUsd, "of it for the provider's own tools, by the use"),
    ...note(total.uncountedNanoUsd, 'of it not counted to the end, so taken at its most'),
    ...note(total.savedNanoUsd, 'saved by prompt caching'),
    ...note(total.cachedNanoUsd, `saved by ${total.cachedCalls} calls, answered from the cache`),
    ...note(underWayNanoUsd, 'reserved for calls that are being made'),
  ];
  const rows = groups.map((row) => ({ ...row, name: label(by, row.name) }));
  const table = rows.length === 0 ? [] : ['', ...tableLines(by, rows, chart)];
  const each = calls === null || calls.length === 0 ? [] : ['', ...calls.map(callLine)];
  return [...notes, ...table, ...each];
}

function tableLines(by: string, rows: readonly Row[], chart: boolean): readonly string[] {
  const cells = rows.map((row) => [
    row.name,
    String(row.calls),
    dollars(row.spentNanoUsd),
    dollars(row.heartbeatNanoUsd),
    String(row.input),
    String(row.cacheRead),
    String(row.cacheWrite),
    String(row.output),
  ]);
  const all = [[by, ...heads], ...cells];
  const widths = [by, ...heads].map((_, index) =>
    Math.max(...all.map((line) => (line[index] ?? '').length)),
  );
  const most = Math.max(...rows.map(({ spentNanoUsd }) => spentNanoUsd));
  return all.map((line, index) => {
    const text = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    const row = rows[index - 1];
    return [...text, chart && row !== undefined ? bar(row.spentNanoUsd, most) : '']
      .join('  ')
      .trimEnd();
  });
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** In eighths of a character; something spent is never nothing to see. */
function bar(value: number, most: number): string {
  if (value <= 0 || most <= 0) return '';
  const parts = Math.max(1, Math.round((value / most) * barWidth * 8));
  return `${'█'.repeat(Math.floor(parts / 8))}${eighths[parts % 8] ?? ''}`;
}

function callLine(call: SpendCall): string {
  const { model, provider, how, heartbeat, key, session, requestId } = call;
  return [
    time(new Date(call.atMs).toISOString()),
    dollars(call.spentNanoUsd),
    `${shown(model)} at ${shown(provider)}`,
    `${how}${heartbeat ? ', heartbeat' : ''}`,
    shown(key),
    session === null ? '-' : shown(session),
    shown(requestId),
  ].join('  ');
}

const sumColumns = [
  'calls',
  'spent_usd',
  'heartbeat_usd',
  'uncounted_usd',
  'tools_usd',
  'saved_usd',
  'cached_calls',
  'cached_usd',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
];
const callColumns = [
  ...['request_id', 'time', 'ended', 'caller', 'key', 'session', 'heartbeat', 'model', 'provider'],
  ...['deployment', 'settled', 'reserved_usd', 'spent_usd', 'input_tokens', 'cache_read_tokens'],
  ...['cache_write_tokens', 'output_tokens', 'tool_uses'],
];

/** RFC 4180, with a head; times in UTC. */
export function spendCsv({ by, groups, calls }: Spend): readonly string[] {
  if (calls !== null) {
    const rows = calls.map((call) => [
      ...[call.requestId, new Date(call.atMs).toISOString(), new Date(call.endedMs).toISOString()],
      ...[call.caller, call.key, call.session ?? '', call.heartbeat, call.model, call.provider],
      ...[call.deployment, call.how, exact(call.reservedNanoUsd), exact(call.spentNanoUsd)],
      ...[call.input, call.cacheRead, call.cacheWrite, call.output, call.toolUses],
    ]);
    return [callColumns, ...rows].map(csvLine);
  }
  const rows = groups.map((row) => [
    ...[label(by, row.name), row.calls, exact(row.spentNanoUsd), exact(row.heartbeatNanoUsd)],
    ...[exact(row.uncountedNanoUsd), exact(row.toolsNanoUsd), exact(row.savedNanoUsd)],
    ...[row.cachedCalls, exact(row.cachedNanoUsd)],
    ...[row.input, row.cacheRead, row.cacheWrite, row.output],
  ]);
  return [[by, ...sumColumns], ...rows].map(csvLine);
}

function csvLine(cells: readonly (string | number | boolean)[]): string {
  return cells
    .map((cell) => {
      // A spreadsheet takes what begins so for a formula; numbers of ours are not at risk.
      const text = typeof cell === 'string' ? cell.replace(/^[=+@\t\r]/, "'$&") : String(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}

function label(by: string, name: string): string {
  if (by === 'hour' || by === 'day') {
    const text = new Date(Number(name)).toISOString();
    return by === 'day' ? text.slice(0, 10) : text.slice(0, 16).replace('T', ' ');
  }
  return name === '' ? '(none)' : shown(name);
}

function note(nanoUsd: number, text: string): readonly string[] {
  return nanoUsd === 0 ? [] : [`${dollars(nanoUsd)} ${text}`];
}

function time(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

/** Every nano-dollar. */
function exact(nanoUsd: number): string {
  const digits = String(Math.abs(nanoUsd)).padStart(10, '0');
  return `${nanoUsd < 0 ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
