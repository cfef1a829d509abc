// The link that signs a browser in: the agent's words, at the ingress's address.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signInLink, spokenBy } from './sign-in.ts';

const own = 'http://127.0.0.1:18789/#bootstrapToken=t0k&gatewayUrl=ws%3A%2F%2F127.0.0.1%3A18789';

test('the link leads through the ingress, and so does its WebSocket', () => {
  const link = new URL(signInLink(JSON.stringify({ browserUrl: own }), 'https://localhost:8443'));
  assert.equal(link.origin, 'https://localhost:8443');
  const words = new URLSearchParams(link.hash.slice(1));
  assert.equal(words.get('bootstrapToken'), 't0k');
  assert.equal(words.get('gatewayUrl'), 'wss://localhost:8443');
});

test('what the agent prints around its answer is passed over', () => {
  const answer = `warming up\n${JSON.stringify({ browserUrl: own })}\n`;
  assert.match(signInLink(answer, 'https://a.example'), /bootstrapToken=t0k/);
});

for (const answer of ['', 'gateway not reachable', '{}', '{"browserUrl":"http://127.0.0.1/"}']) {
  test(`an answer without a link is an error: ${JSON.stringify(answer)}`, () => {
    assert.throws(() => signInLink(answer, 'https://a.example'), { code: 'agent-refused' });
  });
}

for (const answer of ['', 'no JSON', 'null', '7', '{}', '{"stdout":{"a":1}}', '[]']) {
  test(`what the agent's command did not say is no link and no crash: ${answer}`, () => {
    assert.equal(spokenBy(answer), '');
  });
}

test('a link goes to the terminal as a link, whatever the agent put in it', () => {
  const browserUrl = 'http://127.0.0.1:1/#bootstrapToken=\u001b]0;mine\u0007\u009b2J%0a&x=\u202e';
  const link = signInLink(
    spokenBy(JSON.stringify({ stdout: JSON.stringify({ browserUrl }) })),
    'https://a.example',
  );
  assert.match(link, /^https:\/\/a\.example\/#[!-~]+$/);
});
