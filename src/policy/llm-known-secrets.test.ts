// What is written over of a secret that a tool has broken into lines: a part that is left would be
// most of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSecretFinder } from './llm-known-secrets.ts';

const key = 'vk-Zr7LmQ9xKe2WvB4tYp1sDf6gHj8aNc3uIo5kXb0wE-_q7';
const find = makeSecretFinder([{ name: 'key', text: key, part: 'whole' }]);

const encodings = { hex: 60, base64: 64, base64url: 64 } as const;

for (const [encoding, columns] of Object.entries(encodings)) {
  test(`of ${encoding} in lines nothing is left`, () => {
    for (let offset = 0; offset < 64; offset += 1) {
      const bytes = Buffer.from(`${'x'.repeat(offset)}${key}\n`);
      const encoded = bytes.toString(encoding as BufferEncoding);
      const inLines = encoded.replace(new RegExp(`.{${columns}}`, 'g'), '$&\n');
      const body = Buffer.from(JSON.stringify({ content: `it is ${inLines} you see` }));
      const seen = find(body);
      assert.ok(seen?.canMask, String(offset));
      for (const { start, end } of seen.places) body.fill('*', start, end);
      const { content } = JSON.parse(body.toString());
      const left = content.slice('it is '.length, -' you see'.length).replaceAll(/[*\n]/g, '');
      const others = Buffer.from('x'.repeat(offset)).toString(encoding as BufferEncoding);
      // Of what stood before it more may be left, and nothing of its own.
      assert.ok(others.startsWith(left.slice(0, -1)), `${offset}: ${left}`);
    }
  });
}
