// The headers of the ingress, obeyed by a real browser: what is written into a page by others does
// not run and reaches nobody; a page like OpenClaw's own works; and the pages of the ingress itself
// are what they should be.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { makeLocalCertificate } from '../src/cli/certificate.ts';
import { type Browser, startChromium } from '../src/testing/chromium.ts';
import { startIngress, type TestIngress } from '../src/testing/ingress.ts';
import { type FakeUpstream, fakeUpstream } from '../src/testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
let browser: Browser;
let ingress: TestIngress;
let upstream: FakeUpstream;
let sockets: WebSocketServer;
const foreign = { origin: '', asked: [] as string[], close: () => {} };

const own = "document.title = 'own';";
const ownHash = createHash('sha256').update(own).digest('base64');
/** As OpenClaw says it of its page: pictures, frames and calls may go anywhere. */
const csp = [
  ...[
    "default-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-src 'self' http: https:",
  ],
  `script-src 'self' 'sha256-${ownHash}'`,
  ...["style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob: https:"],
  "connect-src 'self' ws: wss: https:",
].join('; ');

/** What somebody else has brought into the page, by an answer of the agent for example. */
const injected = (origin: string) => `
<script>globalThis.ran = 'inline'</script>
<script src="${origin}/script.js"></script>
<script src="data:text/javascript,globalThis.ran='data'"></script>
<iframe src="${origin}/frame"></iframe>
<img src="${origin}/picture.png">
<img src="/missing.png" onerror="globalThis.ran = 'handler'">
<link rel="stylesheet" href="${origin}/style.css">
<video src="${origin}/film.mp4"></video>
<object data="${origin}/object"></object>
<form action="${origin}/form" method="post"><input name="words" value="out"></form>`;

const html = (origin: string) => `<!doctype html><html><head>
<script>${own}</script>
<style>#styled { width: 123px }</style></head><body>
<div id="styled"></div><img id="own" src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='7' height='7'/>">
${injected(origin)}
<script type="module" src="/app.js"></script></body></html>`;

/** What the page is to be able to do, and then tries to tell others. */
const app = (origin: string) => `
globalThis.did = (async () => {
  const fetched = await (await fetch('/api')).text();
  const socket = new WebSocket(location.origin.replace('https', 'wss') + '/ws');
  const heard = await new Promise((resolve) => { socket.onmessage = (event) => resolve(event.data); });
  const told = await fetch('${origin}/told', { method: 'POST', body: 'words', mode: 'no-cors' })
    .then(() => 'told', () => 'not told');
  // At home it would go, and take the test with it.
  if (location.origin !== '${origin}') document.forms[0].submit();
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { fetched, heard, told };
})();`;

before(async () => {
  const made = await makeLocalCertificate(['foreign.test'], Date.now());
  const server = createServer({ cert: made.certPem, key: made.keyPem }, (request, response) => {
    foreign.asked.push(request.url ?? '');
    answer(request.url ?? '', response, `https://foreign.test:${port()}`, {});
  });
  const port = () => (server.address() as AddressInfo).port;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  foreign.origin = `https://foreign.test:${port()}`;
  foreign.close = () => {
    server.closeAllConnections();
    server.close();
  };
  ingress = await startIngress([gateway], { limits: { bodyBytesMax: 100 } });
  upstream = await fakeUpstream(`${ingress.folder}/gw`);
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (request, response) => {
    const policy = { 'content-security-policy': csp };
    answer(request.url ?? '', response, foreign.origin, request.url === '/bare' ? {} : policy);
  });
  sockets = new WebSocketServer({ server: upstream.server, path: '/ws' });
  sockets.on('connection', (socket) => socket.send('heard'));
  browser = await startChromium();
});

after(async () => {
  await browser?.[Symbol.asyncDispose]();
  for (const client of sockets?.clients ?? []) client.terminate();
  await upstream?.[Symbol.asyncDispose]();
  await ingress?.[Symbol.asyncDispose]();
  foreign.close();
});

function answer(url: string, response: ServerResponse, origin: string, policy: object): void {
  const page = url === '/' || url === '/bare';
  const script = url === '/app.js' ? app(origin) : "globalThis.ran = 'foreign'";
  const type = page ? 'text/html' : url.endsWith('.js') ? 'text/javascript' : 'text/plain';
  response.writeHead(url === '/missing.png' ? 404 : 200, { 'content-type': type, ...policy });
  response.end(page ? html(origin) : url.endsWith('.js') ? script : `text of ${url}`);
}

test('the same page at a host without the ingress does all of it: the test can find what it looks for', async () => {
  await browser.open(`${foreign.origin}/`);
  assert.ok(['inline', 'data', 'foreign', 'handler'].includes(String(await browser.value('ran'))));
  for (const path of ['/script.js', '/frame', '/picture.png', '/style.css', '/object']) {
    assert.ok(foreign.asked.includes(path), path);
  }
  foreign.asked.length = 0;
});

test('a page like the agent’s works: its script, style, picture, calls and WebSocket', async () => {
  await browser.open(`${ingress.origin}/`);
  assert.equal(await browser.value('document.title'), 'own');
  assert.equal(await browser.value('document.getElementById("styled").offsetWidth'), 123);
  assert.equal(await browser.value('document.getElementById("own").naturalWidth'), 7);
  const did = await browser.value('did');
  assert.deepEqual(did, { fetched: 'text of /api', heard: 'heard', told: 'not told' });
});

test('what was brought into it does not run, and nobody else is asked anything', async () => {
  foreign.asked.length = 0;
  await browser.open(`${ingress.origin}/`);
  await browser.value('did');
  assert.equal(await browser.value('globalThis.ran ?? null'), null);
  assert.deepEqual(foreign.asked, []);
});

test('a page that has no policy of its own has one here: only scripts of its host run', async () => {
  foreign.asked.length = 0;
  await browser.open(`${ingress.origin}/bare`);
  const did = await browser.value('did');
  assert.deepEqual(did, { fetched: 'text of /api', heard: 'heard', told: 'not told' });
  assert.equal(await browser.value('globalThis.ran ?? null'), null);
  assert.equal(await browser.value('document.title'), '', 'nothing that is written into it runs');
  assert.deepEqual(foreign.asked, []);
});

test('another page cannot frame it', async () => {
  const framed = `data:text/html,<iframe src="${ingress.origin}/"></iframe>`;
  await browser.open(framed);
  const seen = 'document.querySelector("iframe").contentDocument === null';
  assert.equal(await browser.value(seen), true);
  const count = ingress.telemetry.decisions().filter(({ path }) => path === '/app.js').length;
  await browser.open(framed);
  const again = ingress.telemetry.decisions().filter(({ path }) => path === '/app.js').length;
  assert.equal(again, count, 'nothing of the page ran in the frame');
});

test('the pages of the ingress itself: styled, without a word of whoever asks, without a script', async () => {
  const styled = 'getComputedStyle(document.querySelector("main")).borderRadius';
  await browser.open(`${ingress.origin}/a%5cb<script>globalThis.ran=1</script>/..`);
  const wrong = ingress.origin.replace('localhost', 'wrong.test');
  await browser.open(`${wrong}/%3Cscript%3E`);
  assert.equal(await browser.value('document.title'), 'Another address');
  assert.equal(await browser.value(styled), '14px');
  assert.match(String(await browser.value('document.body.innerText')), /https:\/\/localhost:\d+/);
  await keep('refused.png');
  await using early = await startIngress([gateway]);
  await browser.open(`${early.origin}/`);
  assert.equal(await browser.value('document.title'), 'One moment');
  assert.equal(await browser.value(styled), '14px');
  assert.equal(await browser.value('document.scripts.length'), 0);
  await keep('waiting.png');
});

/** What it looks like is for people: a picture that is empty is the fault that can be told. */
async function keep(name: string): Promise<void> {
  const picture = await browser.picture();
  assert.ok(picture.length > 5_000, name);
}
