// Which of the daemon's headers a caller gets: those that clients read. The rest is left out.

import type { RawHeaders } from '../../net/http-headers.ts';
import { requestIdHeader } from '../../telemetry/names.ts';

const passed = new Set([
  'api-version',
  'builder-version',
  'cache-control',
  'content-type',
  'docker-experimental',
  'ostype',
  'pragma',
  'sec-websocket-accept',
  'sec-websocket-protocol',
  'server',
  'swarm',
  'x-docker-container-path-stat',
]);

/** As clients know them; they compare without case, people do not. */
const written: Readonly<Record<string, string>> = {
  'api-version': 'Api-Version',
  'content-type': 'Content-Type',
};

export function answerHeaders(daemon: RawHeaders, requestId: string): string[] {
  const headers: string[] = [];
  for (let index = 0; index + 1 < daemon.length; index += 2) {
    const name = daemon[index] ?? '';
    if (passed.has(name)) headers.push(written[name] ?? name, daemon[index + 1] ?? '');
  }
  headers.push(requestIdHeader, requestId);
  return headers;
}
