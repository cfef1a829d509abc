// A service's log line as a person would say it: what an error message quotes of a log.

import { printable } from '../kit/printable.ts';

const textsInOrder = ['line', 'message', 'fix'] as const;

/** The words of a JSON log line, its event where it has none; any other line as it is. */
export function spokenLine(line: string): string {
  const fields = fieldsOf(line);
  if (fields === null) return line;
  const words = textsInOrder.map((key) => fields[key]).filter((text) => typeof text === 'string');
  // JSON had its control characters written out, and so they stay.
  return printable(words.length > 0 ? words.join(' ') : String(fields.event ?? line));
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
