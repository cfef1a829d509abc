// What came of asking a public CA, as lines for people.

import type { PublicRenewal } from './renew-public.ts';

export function publicLines(asked: PublicRenewal): readonly string[] {
  switch (asked.kind) {
    case 'fine':
      return [`the certificate of the public CA is good until ${timeText(asked.untilMs)}`];
    case 'ordered':
      return [`a public CA has signed a new certificate, good until ${timeText(asked.untilMs)}`];
    case 'waiting':
      return [`no public CA was asked, not before ${timeText(asked.nextTryMs)}: ${asked.trouble}`];
    case 'failed':
      return [
        `no certificate of a public CA: ${asked.trouble}`,
        `what was in use stays; the CA is asked again after ${timeText(asked.nextTryMs)}`,
      ];
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
