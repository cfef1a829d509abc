// The form of what preflight finds: its id is the error code that a start would end with.

import type { ErrorCode } from '../kit/codes.ts';
import type { Finding, Severity } from '../kit/finding.ts';
import { defaultPlace } from '../kit/place.ts';

export function finding(
  id: ErrorCode,
  severity: Severity,
  about: string,
  message: string,
  fix: string,
): Finding {
  return { id, severity, about, message, fix, at: defaultPlace() };
}
