// Clients that keep a place by saying little: half a head and nothing more, a head a byte at a time
// (slowloris). Each guard ends them at its own bound, and says so.

import type { Reason } from '../../../policy/reasons.ts';
import type { WireTable } from '../model.ts';

const begun = (line: string) => `${line} HTTP/1.1\r\nHost: clincher.inv`;
/** At a byte every quarter of a second longer than any guard waits. */
const drip = `X: ${'x'.repeat(100)}`;

function slow(guard: WireTable['guard'], line: string, reason: Reason): WireTable {
  return {
    ...{ kind: 'wire', guard, class: `${guard}-slow`, isSlow: true },
    property: 'Who says nothing keeps no place.',
    attacks: [
      ...[{ tries: 'begin a head and leave it', bytes: begun(line), status: 408, reason }],
      {
        ...{ tries: 'send a head a byte at a time', status: 408, reason },
        bytes: `${begun(line)}alid\r\n${drip}`,
        isDripped: true,
      },
    ],
  };
}

export const slowTables: readonly WireTable[] = [
  slow('egress', 'CONNECT clincher.invalid:443', 'head-timeout'),
  slow('llm', 'POST /v1/chat/completions', 'request-malformed'),
  slow('docker-proxy', 'GET /_ping', 'head-timeout'),
  slow('ingress', 'GET /', 'request-malformed'),
];
