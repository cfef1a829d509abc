// The scanner against JSON.parse, on generated documents and on broken ones, and its own stricter
// rules.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonLimits, scanJsonObject } from './llm-json.ts';

const spaces = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
/** An object as text, with white space and escapes where JSON allows them. */
const document = fc
  .tuple(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), spaces, fc.nat(4))
  .map(([value, space, indent]) => `${space}${JSON.stringify(value, null, indent)}${space}`);

test('each value lies where a parser finds it', () => {
  fc.assert(
    fc.property(document, (text) => {
      const bytes = Buffer.from(text);
      const scan = scanJsonObject(bytes);
      assert.ok(!('fault' in scan), JSON.stringify(scan));
      const parsed = new Map(Object.entries(JSON.parse(text)));
      assert.deepEqual(new Set(scan.members.map(({ key }) => key)), new Set(parsed.keys()));
      for (const { key, valueStart, valueEnd } of scan.members) {
        const value = JSON.parse(bytes.subarray(valueStart, valueEnd).toString());
        assert.deepEqual(value, parsed.get(key));
      }
    }),
    { numRuns: 300 },
  );
});

test('what a parser refuses is refused, and what it takes is taken', () => {
  const broken = fc
    .tuple(
      document,
      fc.nat(),
      fc.constantFrom('', '"', '\\', '{', ']', ',', '0', '\u0001', 'e', '-'),
    )
    .map(([text, at, put]) => {
      const place = at % (text.length + 1);
      return `${text.slice(0, place)}${put}${text.slice(place + 1)}`;
    })
    .filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(broken, (text) => {
      const scan = scanJsonObject(Buffer.from(text));
      assert.equal('fault' in scan, !isObjectText(text), text);
    }),
    { numRuns: 1_000 },
  );
});

function isObjectText(text: string): boolean {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const wide = (count: number) =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;

// What a parser takes but the scanner must not: each would cost memory, a stack or a doubt.
const refused: readonly [name: string, text: string, fault: RegExp][] = [
  ['nested beyond the bound', deep(jsonLimits.depthMax), /too deeply/],
  ['more members than the bound', wide(jsonLimits.membersMax + 1), /too many members/],
  ['a number nobody means', `{"n":${'1'.repeat(65)}}`, /too long a number/],
  ['an array', '[1]', /must be a JSON object/],
  ['a byte order mark', '\ufeff{}', /must be a JSON object/],
  ['two documents', '{}{}', /text after/],
  ['nothing', '', /must be a JSON object/],
];

for (const [name, text, fault] of refused) {
  test(`${name} is refused`, () => {
    const scan = scanJsonObject(Buffer.from(text));
    assert.ok('fault' in scan);
    assert.match(scan.fault, fault);
  });
}

test('just inside the bounds is taken', () => {
  assert.ok('members' in scanJsonObject(Buffer.from(deep(jsonLimits.depthMax - 1))));
  assert.ok('members' in scanJsonObject(Buffer.from(wide(jsonLimits.membersMax))));
});

test('escaped keys and types are read as a parser reads them', () => {
  const text = '{"m\\u006fdel":"a","messages":[{"t\\u0079pe":"ima\\u0067e"}]}';
  const scan = scanJsonObject(Buffer.from(text));
  assert.ok('members' in scan);
  assert.deepEqual(
    scan.members.map(({ key }) => key),
    ['model', 'messages'],
  );
  assert.deepEqual([...scan.types], [['image', 1]]);
});

test('types inside tool input and schemas name no content, a doubled one elsewhere counts twice', () => {
  const text =
    '{"messages":[{"content":[{"type":"tool_use","input":{"type":"image","ttl":"1h"}},' +
    '{"type":"text","type":"document"}]}],"tools":[{"input_schema":{"type":"object"}}]}';
  const scan = scanJsonObject(Buffer.from(text));
  assert.ok('members' in scan);
  assert.deepEqual([...scan.types.keys()], ['tool_use', 'text', 'document']);
  assert.deepEqual([...scan.ttls], ['1h']);
});

test('only below the top is anything opaque, and an escape in every letter hides nothing', () => {
  const type = '\\u0074\\u0079\\u0070\\u0065';
  for (const text of ['{"input":{"type":"document"}}', `{"a":{"${type}":"document"}}`]) {
    const scan = scanJsonObject(Buffer.from(text));
    assert.ok('members' in scan);
    assert.deepEqual([...scan.types.keys()], ['document']);
  }
});

test('cache_control is seen at the top and below', () => {
  for (const text of ['{"cache_control":{}}', '{"a":[{"cache_control":{}}]}']) {
    const scan = scanJsonObject(Buffer.from(text));
    assert.ok('members' in scan && scan.hasCacheControl);
  }
  const plain = scanJsonObject(Buffer.from('{"a":"cache_control"}'));
  assert.ok('members' in plain && !plain.hasCacheControl);
});

test('long strings are read alike wherever in memory the body lies, and not past its end', () => {
  const piece = fc.constantFrom('plain text ', 'é', '"', '\\', '\n', '\u001f', '\u2028', '😀');
  const long = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant('abcdefgh') }, piece), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(long, fc.nat(8), fc.nat(7), fc.nat(), (words, before, after, at) => {
      const text = JSON.stringify({ s: words.join('') });
      const memory = Buffer.from(`${'x'.repeat(before)}${text}${'x'.repeat(after)}`);
      const bytes = memory.subarray(before, memory.length - after);
      assert.ok('members' in scanJsonObject(bytes), text);
      // Any one byte that may not stand in a string is found; so is an end that is not there.
      const place = 6 + (at % Math.max(1, bytes.length - 8));
      bytes[place] = 0x1f;
      assert.ok('fault' in scanJsonObject(bytes), `${place} of ${text}`);
      assert.ok('fault' in scanJsonObject(bytes.subarray(0, place)), `${place} of ${text}`);
    }),
    { numRuns: 500 },
  );
});

test('what is escaped and what is not is told as a parser tells it, wherever it begins', () => {
  const unit = fc.constantFrom('\\', '\\', '"', 'n', '/', 'u00e9', 'u12g4', 'x', '\u0001', 'é');
  const texts = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant('abcdefg') }, unit), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(texts, fc.nat(40), (words, before) => {
      const text = `{"s":"${'y'.repeat(before)}${words.join('')}"}`;
      const scan = scanJsonObject(Buffer.from(text));
      assert.equal('fault' in scan, !isObjectText(text), text);
    }),
    { numRuns: 3_000 },
  );
});

test('a string of many windows is read as one, whatever its parts are cut at', () => {
  for (const piece of ['\\', '\\"', '\\u00e9', 'é', '\\\\\\"']) {
    for (let before = 0; before < 16; before++) {
      const inside = `${'x'.repeat(before)}${piece.repeat(200_000 / piece.length)}`;
      const isWhole = isObjectText(`{"s":"${inside}"}`);
      const text = `{"s":"${isWhole ? inside : `${inside}\\`}"}`;
      const scan = scanJsonObject(Buffer.from(text));
      assert.ok('members' in scan, `${JSON.stringify(scan)} ${piece} after ${before}`);
      assert.equal(scan.members[0]?.valueEnd, Buffer.byteLength(text) - 1);
    }
  }
});

test('every character, as it is and after a backslash, is taken or refused as a parser does', () => {
  for (let code = 0; code < 0x180; code++) {
    for (const before of ['', '\\']) {
      const text = `{"s":"sixteen and more${before}${String.fromCharCode(code)}00e9"}`;
      const scan = scanJsonObject(Buffer.from(text));
      assert.equal('fault' in scan, !isObjectText(text), JSON.stringify(text));
    }
  }
});
