// The error for an operation that failed: what happened, where, and what to do about it.
// Callers match on `code`, never on the class or the text.

import { codes, type ErrorCode, exitCodes } from './codes.ts';
import type { Place } from './place.ts';
import { formatPlace } from './place.ts';

export interface ClincherErrorDetail {
  /** One sentence that tells the user what to do next. */
  readonly fix?: string;
  readonly at?: Place;
  readonly cause?: unknown;
}

export class ClincherError extends Error {
  readonly code: ErrorCode;
  readonly fix: string | undefined;
  readonly at: Place | undefined;

  constructor(code: ErrorCode, message: string, detail: ClincherErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'ClincherError';
    this.code = code;
    this.fix = detail.fix;
    this.at = detail.at;
  }

  get exitCode(): number {
    return exitCodes[codes[this.code][0]];
  }

  /** `where: what. fix` as one line, the form in which the command line prints it. */
  format(): string {
    const where = this.at === undefined ? '' : `${formatPlace(this.at)}: `;
    return `${where}${this.message}${this.fix === undefined ? '' : `\n  ${this.fix}`}`;
  }
}
