// Providers that compress what they were asked not to, or end with trailers: it goes through as it
// came where nothing is translated, is never unpacked, and what nobody could count is charged as
// reserved.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import {
  askModel,
  lastDecision,
  modelBody,
  moneyOf,
  worstOf,
} from '../../testing/provider-calls.ts';
import { startLlmStack, virtualKey } from '../../testing/provider-stack.ts';
import { ofKinds, sharedProvider } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();
const json = { 'content-type': 'application/json' };
const sse = { 'content-type': 'text/event-stream' };
const usage = { input_tokens: 3, output_tokens: 2 };
const answer = JSON.stringify({ id: 'msg_1', type: 'message', content: [], usage });
const event = `event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":2}}\n\n`;

const packers = {
  gzip: zlib.gzipSync,
  br: zlib.brotliCompressSync,
  deflate: zlib.deflateSync,
  zstd: zlib.zstdCompressSync,
} as const;

/** What unpacks to a thousand times its size. */
const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024));

for (const [encoding, pack] of Object.entries(packers)) {
  for (const [kind, headers, body] of [
    ['an answer', json, answer],
    ['a stream', sse, event],
  ] as const) {
    test(`${kind} in ${encoding} goes through as it came, and counts as reserved`, async () => {
      await using stack = await startLlmStack({ provider });
      const packed = pack(Buffer.from(body));
      provider.respond = (_, response) => {
        response.writeHead(200, { ...headers, 'content-encoding': encoding }).end(packed);
      };
      const got = await fetch(`${stack.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': virtualKey, 'accept-encoding': 'identity' },
        body: modelBody,
      });
      assert.equal(got.headers.get('content-encoding'), encoding);
      await got.text().catch(() => '');
      assert.equal((await lastDecision(stack, 1)).spendNanoUsd, worstOf(modelBody));
      assert.equal((await moneyOf(stack)).reserved, 0);
    });
  }
}

const chat = JSON.stringify({ model: 'sonnet', messages: [{ role: 'user', content: 'x' }] });

test("what has to be translated is not unpacked: an error of the client's dialect, within its memory", async () => {
  const settings = (input: Record<string, unknown>) => ofKinds(input, { claude: 'anthropic' });
  await using stack = await startLlmStack({ provider, settings });
  const before = process.memoryUsage().rss;
  for (const [headers, body] of [
    [json, bomb],
    [sse, bomb],
    [json, zlib.brotliCompressSync(answer)],
  ] as const) {
    const encoding = body === bomb ? 'gzip' : 'br';
    provider.respond = (_: unknown, response: ServerResponse) => {
      response.writeHead(200, { ...headers, 'content-encoding': encoding }).end(body);
    };
    const got = await fetch(`${stack.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${virtualKey}` },
      body: chat,
    });
    const text = await got.text();
    assert.deepEqual([got.status, got.headers.get('content-encoding')], [502, null]);
    assert.match(JSON.parse(text).error.message, /compressed its answer/);
    assert.equal(got.headers.get('x-clincher-reason'), 'answer-broken');
  }
  assert.ok(process.memoryUsage().rss - before < 128 * 1024 * 1024);
  assert.equal((await moneyOf(stack)).reserved, 0);
});

test('trailers of an answer change nothing of it, and go to nobody', async () => {
  await using stack = await startLlmStack({ provider });
  provider.respond = (_, response) => {
    response.writeHead(200, {
      ...json,
      trailer: 'x-late, set-cookie',
      'transfer-encoding': 'chunked',
    });
    response.write(answer);
    response.addTrailers({ 'x-late': 'y'.repeat(4_000), 'set-cookie': 'a=b' });
    response.end();
  };
  for (let n = 1; n <= 2; n += 1) {
    const got = await askModel(stack);
    assert.deepEqual([got.status, got.answer], [200, answer]);
    assert.deepEqual([got.headers.trailer, got.headers['x-late']], [undefined, undefined]);
    const { spendNanoUsd, settled } = await lastDecision(stack, n);
    assert.equal(spendNanoUsd, 3 * 3_000 + 2 * 15_000, String(settled));
  }
});
