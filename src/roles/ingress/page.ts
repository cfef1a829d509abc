// What a person sees while the service behind the ingress is not there yet: one sentence, and a try
// again.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Denial, denialHeaders, deny } from '../../net/http-answer.ts';

export const retrySeconds = 3;
export const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** HTML for a browser's page load, JSON for everything else; both with Retry-After. */
export function answerUnavailable(
  request: IncomingMessage,
  response: ServerResponse,
  service: string,
  requestId: string,
): void {
  const message = unavailableText(service);
  const denial: Denial = {
    status: 503,
    reason: 'upstream-unreachable',
    requestId,
    message,
    headers: { 'retry-after': String(retrySeconds) },
  };
  if (request.method !== 'GET' || !(request.headers.accept ?? '').includes('text/html')) {
    deny(response, denial);
    return;
  }
  const html = page(message, requestId);
  response.writeHead(503, {
    ...denialHeaders(denial, 'text/html', html),
    ...denial.headers,
    'content-security-policy': pagePolicy,
    'referrer-policy': 'no-referrer',
  });
  response.end(html);
}

export function unavailableText(service: string): string {
  return `The ${service} is not answering yet. It may still be starting; try again in a moment.`;
}

export function page(message: string, requestId: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${retrySeconds}">
<title>Starting</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem }
  small { color: #666 }
  @media (prefers-color-scheme: dark) { body { background: #111; color: #eee } small { color: #aaa } }
</style>
<h1>One moment</h1>
<p role="status">${escapeHtml(message)}</p>
<p>This page tries again by itself every ${retrySeconds} seconds.
Should it go on, <code>clincher status</code> and <code>clincher logs</code> say why.</p>
<p><small>Request ${escapeHtml(requestId)}</small></p>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
