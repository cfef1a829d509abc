// A JSON log line as a person reads it: the time of day, what happened, and the fields in their
// order.

import { printable } from '../kit/printable.ts';

const framing = new Set(['time', 'level', 'service', 'role', 'event', 'line', 'stream']);

/**
 * Any line that is not one of ours is given back as it is. What JSON had written out, a control
 * character or a line break in the agent's words, stays written out.
 */
export function logText(line: string): string {
  return printable(worded(line));
}

function worded(line: string): string {
  const fields = fieldsOf(line);
  if (fields === null) return line;
  const time = String(fields.time).slice(11, 19);
  const level = fields.level === 'info' ? '' : `${String(fields.level)}: `;
  if (typeof fields.line === 'string') return `${time} ${level}| ${fields.line}`;
  const rest = Object.entries(fields)
    .filter(([key, value]) => !framing.has(key) && value !== null)
    .map(([key, value]) => `${key}=${valueText(value)}`);
  return [time, `${level}${String(fields.event)}`, ...rest].join(' ');
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line);
    return typeof value.time === 'string' && typeof value.event === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** Quoted where a blank or a sign would make it look like something else. */
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w./:@%+-]+$/.test(text) ? text : JSON.stringify(text);
}
