// What a person sees when the ingress answers by itself: that the service behind it is not there
// yet, or why they may not go on. Programs are told the same in JSON.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Denial, denialHeaders, deny } from '../../net/http-answer.ts';
import { reasons } from '../../policy/reasons.ts';

export const retrySeconds = 3;

/** Tries again by itself; both forms with Retry-After. */
export function answerUnavailable(
  request: IncomingMessage,
  response: ServerResponse,
  service: string,
  requestId: string,
): void {
  const message = unavailableText(service);
  const headers = { 'retry-after': String(retrySeconds) };
  const denial: Denial = {
    ...{ status: 503, reason: 'upstream-unreachable', requestId, message, headers },
  };
  answer(request, response, denial, waitingPage(message));
}

/** What is to be done about it, where the reason alone does not say. */
const hints: Readonly<Record<number, string>> = {
  401: 'This page is for programs that hold its token.',
  404: 'Look whether the address is the one you meant.',
  408: 'The connection was too slow to go on; try again.',
  413: 'What was sent is larger than the ingress takes.',
  421: 'Open it at the address it was set up with.',
  429: 'Wait a moment, then try again.',
};

const titles: Readonly<Record<number, string>> = {
  401: 'Not without its token',
  404: 'Nothing here',
  413: 'Too large',
  421: 'Another address',
  429: 'Too often',
};

export function answerDenied(
  request: IncomingMessage,
  response: ServerResponse,
  denial: Denial,
): void {
  const { status, reason, message } = denial;
  const said: Page = {
    title: titles[status] ?? 'Refused',
    mark: `<div class="mark" aria-hidden="true">${status}</div>`,
    lines: [message ?? reasons[reason], hints[status] ?? ''].filter(Boolean).map(escapeHtml),
    retries: false,
  };
  answer(request, response, denial, said);
}

interface Page {
  readonly title: string;
  readonly mark: string;
  /** HTML. */
  readonly lines: readonly string[];
  readonly retries: boolean;
}

/** HTML for a browser's page load, JSON for everything else. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  denial: Denial,
  said: Page,
): void {
  if (request.method !== 'GET' || !(request.headers.accept ?? '').includes('text/html')) {
    deny(response, denial);
    return;
  }
  const html = htmlOf(said, denial.requestId);
  response.writeHead(denial.status, {
    ...denialHeaders(denial, 'text/html', html),
    ...denial.headers,
    'content-security-policy': pagePolicy,
    'referrer-policy': 'no-referrer',
  });
  response.end(html);
}

const style = `
  :root { color-scheme: light dark; --ink: #1d2126; --soft: #5c6570; --line: #d9dee4; --page: #f5f6f8;
    --card: #fff; --accent: #2f6fde }
  @media (prefers-color-scheme: dark) { :root { --ink: #e9ecf0; --soft: #9aa4b0; --line: #2d343c;
    --page: #14171b; --card: #1c2025; --accent: #6ea0ff } }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
    box-sizing: border-box; background: var(--page); color: var(--ink);
    font: 1rem/1.55 system-ui, sans-serif }
  main { width: 100%; max-width: 30rem; box-sizing: border-box; padding: 2rem 2.25rem;
    background: var(--card); border: 1px solid var(--line); border-radius: 14px }
  .mark { font-size: .85rem; font-weight: 600; letter-spacing: .08em; color: var(--accent) }
  .wait { height: 4px; margin-bottom: 1.3rem; border-radius: 2px; background: var(--line); overflow: hidden }
  .wait i { display: block; width: 35%; height: 100%; background: var(--accent);
    animation: go 1.6s ease-in-out infinite alternate }
  @keyframes go { from { margin-left: 0 } to { margin-left: 65% } }
  @media (prefers-reduced-motion: reduce) { .wait i { animation: none } }
  h1 { margin: .6rem 0 .5rem; font-size: 1.55rem; line-height: 1.2 }
  p { margin: .6rem 0; overflow-wrap: anywhere }
  code { font: .9em ui-monospace, monospace }
  footer { margin-top: 1.4rem; padding-top: .9rem; border-top: 1px solid var(--line);
    font-size: .8rem; color: var(--soft); overflow-wrap: anywhere }
`;
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

export function unavailableText(service: string): string {
  return `The ${service} is not answering yet. It may still be starting; try again in a moment.`;
}

function waitingPage(message: string): Page {
  return {
    title: 'One moment',
    mark: '<div class="mark wait" aria-hidden="true"><i></i></div>',
    lines: [
      escapeHtml(message),
      `This page tries again by itself every ${retrySeconds} seconds. Should it go on, ` +
        '<code>clincher status</code> and <code>clincher logs</code> say why.',
    ],
    retries: true,
  };
}

/** The page of a service that is not there yet; `requestId` may be another program's variable. */
export function page(message: string, requestId: string): string {
  return htmlOf(waitingPage(message), requestId);
}

function htmlOf({ title, mark, lines, retries }: Page, requestId: string): string {
  const [said = '', ...more] = lines;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${retries ? `<meta http-equiv="refresh" content="${retrySeconds}">\n` : ''}<title>${escapeHtml(title)}</title>
<style>${style}</style>
<main>
${mark}
<h1>${escapeHtml(title)}</h1>
<p role="status">${said}</p>
${more.map((line) => `<p>${line}</p>`).join('\n')}
<footer>Request ${escapeHtml(requestId)}</footer>
</main>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
