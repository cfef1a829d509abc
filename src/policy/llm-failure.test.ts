// What each provider's error means, as their references write them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, type FailureClass, retryAfter } from './llm-failure.ts';

const openai = (code: string, message = 'x') => JSON.stringify({ error: { code, message } });
const anthropic = (type: string, message: string) =>
  JSON.stringify({ type: 'error', error: { type, message } });

const rows: readonly [status: number, text: string, errorClass: FailureClass, billed: boolean][] = [
  [400, openai('invalid_value'), 'bad-request', false],
  [400, openai('context_length_exceeded'), 'context-window', false],
  [400, anthropic('invalid_request_error', 'prompt is too long: 9 > 8'), 'context-window', false],
  [
    400,
    '{"error":{"message":"The input token count exceeds the maximum number of tokens"}}',
    'context-window',
    false,
  ],
  [400, openai('content_policy_violation'), 'content-policy', false],
  [400, openai('content_filter', 'Azure content management policy'), 'content-policy', false],
  [400, anthropic('invalid_request_error', 'Your credit balance is too low'), 'quota', false],
  [401, openai('invalid_api_key'), 'auth', false],
  [402, '{}', 'quota', false],
  [403, '{}', 'auth', false],
  [404, '{}', 'not-found', false],
  [408, '{}', 'timeout', false],
  [409, '{}', 'server-error', false],
  [413, anthropic('request_too_large', 'x'), 'context-window', false],
  [422, '{}', 'bad-request', false],
  [429, openai('rate_limit_exceeded'), 'rate-limit', false],
  [429, openai('insufficient_quota'), 'quota', false],
  [500, '{}', 'server-error', false],
  [502, '{}', 'server-error', true],
  [503, '{}', 'server-error', false],
  [504, '{}', 'timeout', true],
  [524, '{}', 'timeout', true],
  [529, anthropic('overloaded_error', 'Overloaded'), 'server-error', false],
  [399, '', 'bad-request', false],
  [599, '\u0000', 'server-error', true],
];

for (const [status, text, errorClass, billed] of rows) {
  test(`${status} ${text.slice(0, 60)} is ${errorClass}`, () => {
    const found = classify({ status, headers: {}, text }, 0);
    assert.deepEqual([found.errorClass, found.billed], [errorClass, billed]);
  });
}

const now = Date.UTC(2026, 10, 1, 12, 0, 0);
const waits: readonly [headers: Record<string, string>, ms: number | null][] = [
  [{}, null],
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after-ms': '120', 'retry-after': '9' }, 120],
  [{ 'retry-after': 'Sun, 01 Nov 2026 12:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Sun, 01 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after': '-5' }, null],
  [{ 'retry-after': '99999999999' }, 24 * 3_600_000],
];

for (const [headers, ms] of waits) {
  test(`${JSON.stringify(headers)} means ${ms} ms`, () => {
    assert.equal(retryAfter(headers, now), ms);
  });
}
