// What a program has to know to stand in place of our own server: one value for nginx, one for
// Caddy.

import type { Decision } from '../../../policy/decision.ts';
import type { Reason } from '../../../policy/reasons.ts';
import type { IngressProgram } from '../settings.ts';
import type { ProxyView } from './view.ts';

export interface ProxyProgram {
  readonly name: IngressProgram;
  /** Of what the program says of itself with `versionArgv`; null where it says none. */
  readonly versionArgv: readonly string[];
  versionIn(said: string): string | null;
  /** Of its configuration, in its folder. */
  readonly configName: string;
  /** @throws ClincherError `settings-invalid` for a value that it has no way to be told */
  render(view: ProxyView): string;
  /** Says what is wrong with a file, and runs nothing. */
  testArgv(configFile: string): readonly string[];
  runArgv(configFile: string): readonly string[];
  /** What it says on its standard error once it listens; that somebody does could be another. */
  readonly readyLine: RegExp;
  /** Whether it takes a listening socket from who starts it. */
  readonly inherits: boolean;
  /** How it hears of those, by their numbers. */
  environment(inherited: readonly number[], folder: string): Readonly<Record<string, string>>;
  /** Takes the file anew, what is open as it can. */
  reload(running: RunningProgram): Promise<void>;
  /** Where it writes a line for each request, in its folder; null: to its standard output. */
  readonly accessLogName: string | null;
  /** Null for a line that is not of a request. */
  readAccessLine(line: string): AccessLine | null;
  /** What it says of itself, without what it may hold of a request; empty for nothing. */
  readOwnLine(line: string): string;
}

export interface RunningProgram {
  readonly folder: string;
  readonly configFile: string;
  signal(name: NodeJS.Signals): void;
}

/** One request as the program saw it. */
export interface AccessLine {
  /** Empty where there was no request yet. */
  readonly requestId: string;
  readonly verdict: Decision['verdict'];
  readonly reason: Reason;
  /** Whether it went to the service that its path leads to. */
  readonly carried: boolean;
  readonly seconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly fields: Readonly<Record<string, unknown>>;
}
