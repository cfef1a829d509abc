// Calls without the agent's key, with another, with almost that one, and with that one written in
// another way. Only the first has no key at all; the others are guesses.

import { agentKeyMark, chat, noModel, refused } from './write.ts';

const body = { model: noModel, messages: [{ role: 'user', content: 'hello' }] };
const withHeaders = (...headers: string[]) => chat(body, headers);
const bearer = (value: string) => withHeaders(`Authorization: Bearer ${value}`);

export const noKeyAttacks = refused(401, 'key-missing', [
  ['call a model without a key', withHeaders()],
  ['bring a key in a cookie', withHeaders(`Cookie: api-key=${agentKeyMark}`)],
  ['bring a key in a header of Azure', withHeaders(`api-key: ${agentKeyMark}`)],
  ['bring a key in a header of Google', withHeaders(`x-goog-api-key: ${agentKeyMark}`)],
  ['bring a key for a proxy', withHeaders(`Proxy-Authorization: Bearer ${agentKeyMark}`)],
  ['say which caller it is', withHeaders('X-Clincher-Caller: gateway')],
  ['say that it comes from this machine', withHeaders('X-Forwarded-For: 127.0.0.1')],
  ['say which user it is', withHeaders('X-LiteLLM-User-Id: default_user_id')],
  ['send the key without Bearer', withHeaders(`Authorization: ${agentKeyMark}`)],
  ['send the key as Basic', withHeaders(`Authorization: Basic ${agentKeyMark}`)],
  ['send the key as a token', withHeaders(`Authorization: Token ${agentKeyMark}`)],
  ['send an empty key', withHeaders('Authorization: Bearer ')],
  ['send an empty key in a header of Anthropic', withHeaders('x-api-key: ')],
]);

const guesses = [
  'sk-1234',
  'sk-litellm-master',
  'anything',
  'null',
  'undefined',
  'true',
  '0',
  '*',
  '%',
  'agent-key',
  'agent',
  'master',
  'test',
  '../secrets/agent-key',
  '/run/clincher/secrets/agent-key',
  'sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'sk-proj-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  "'--",
  "x'OR'1'='1",
  '__proto__',
  'constructor',
  '[object-Object]',
  'A'.repeat(4_000),
] as const;

export const wrongKeyAttacks = refused(401, 'key-unknown', [
  ...guesses.map((guess, index) => [`guess a key, ${index + 1}`, bearer(guess)] as const),
  ['add a letter to the key', bearer(`${agentKeyMark}x`)],
  ['put a letter before the key', bearer(`x${agentKeyMark}`)],
  ['write the key twice', bearer(agentKeyMark + agentKeyMark)],
  ['put a quote round the key', bearer(`"${agentKeyMark}"`)],
  ['add a list of keys', bearer(`${agentKeyMark},sk-1234`)],
  [
    'send two different keys',
    withHeaders(`Authorization: Bearer ${agentKeyMark}`, 'x-api-key: sk-1234'),
  ],
  [
    'send the key and another Authorization',
    withHeaders(`Authorization: Bearer ${agentKeyMark}`, 'Authorization: Bearer sk-1234'),
  ],
]);
