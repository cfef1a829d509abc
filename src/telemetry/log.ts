// One JSON line per event. No bodies, keys or prompts: fields are chosen by the caller, one by one.

import { printableJson } from '../kit/printable.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** `write` gets a whole line without its newline. */
export function createLog(base: LogFields, write: (line: string) => void, now: () => number): Log {
  const at = (level: LogLevel) => (event: string, fields?: LogFields) =>
    write(printableJson({ time: new Date(now()).toISOString(), level, ...base, event, ...fields }));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
