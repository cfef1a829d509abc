// What is not HTTP as it should be is refused with a reason and leaves a record, as any other no.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { lastDecision } from '../../testing/provider-calls.ts';
import { type LlmStack, startLlmStack } from '../../testing/provider-stack.ts';

let stack: LlmStack;
before(async () => {
  stack = await startLlmStack();
});
after(() => stack[Symbol.asyncDispose]());

const post = 'POST /v1/chat/completions HTTP/1.1\r\nHost: llm\r\n';
const rows: readonly (readonly [string, request: string, status: string])[] = [
  ['two lengths', `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, '400'],
  ['a request id with a control character', `${post}x-request-id: a\x01b\r\n\r\n`, '400'],
  ['a head that is too large', `${post}X: ${'a'.repeat(70_000)}\r\n\r\n`, '431'],
  ['what is no HTTP', '\x16\x03\x01\x02\r\n\r\n', '400'],
];

for (const [index, [name, request, status]] of rows.entries()) {
  test(`llm refuses ${name} with a reason, and records it`, async () => {
    const { port } = new URL(stack.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(request);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    await once(socket, 'close');
    assert.ok(text.startsWith(`HTTP/1.1 ${status} `), text);
    const requestId = /^x-request-id: (.+)\r$/m.exec(text)?.[1];
    assert.match(text, /^x-clincher-reason: request-malformed\r$/m);
    const record = await lastDecision(stack, index + 1);
    assert.equal(record.reason, 'request-malformed');
    assert.equal(record.requestId, requestId);
    assert.equal(record.caller, 'gateway');
  });
}
