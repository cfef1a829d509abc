// Every spelling of a host that was ever used to make two readers disagree: one form, or a refusal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalHost, hostPatternError } from './host.ts';

const accepted: readonly (readonly [string, string])[] = [
  ['api.example.com', 'api.example.com'],
  ['API.Example.COM', 'api.example.com'],
  ['a-b.example', 'a-b.example'],
  ['localhost', 'localhost'],
  ['1.example.com', '1.example.com'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ['8.8.8.8', '8.8.8.8'],
  ['127.0.0.1', '127.0.0.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::1', '::1'],
];

for (const [text, canonical] of accepted) {
  test(`the host ${JSON.stringify(text).slice(0, 40)} has one form`, () => {
    assert.equal(canonicalHost(text)?.text, canonical);
  });
}

const refused: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a dot alone', '.'],
  ['a trailing dot (CVE-2022-24825)', 'api.example.com.'],
  ['two trailing dots', 'api.example.com..'],
  ['a leading dot', '.example.com'],
  ['an empty label', 'api..example.com'],
  ['an ideographic full stop', 'api\u3002example.com'],
  ['a full-width full stop', 'api\uff0eexample.com'],
  ['a half-width full stop', 'api\uff61example.com'],
  ['an octal address', '0177.0.0.1'],
  ['an octal address of one octet', '010.0.0.1'],
  ['a hexadecimal address', '0x7f.0.0.1'],
  ['a hexadecimal address in one number', '0x7f000001'],
  ['a decimal address in one number', '2130706433'],
  ['an address of two parts', '127.1'],
  ['an address of three parts', '127.0.1'],
  ['an address with a trailing dot', '127.0.0.1.'],
  ['five octets', '127.0.0.1.1'],
  ['an octet too large', '256.0.0.1'],
  ['a name whose last label is a number', 'example.com.80'],
  ['a name whose last label is hexadecimal', 'example.0x10'],
  ['full-width digits', '\uff11\uff12\uff17.0.0.1'],
  ['circled digits', '\u2460\u2461\u2466.0.0.1'],
  ['an address in brackets (CVE-2022-29188)', '[127.0.0.1]'],
  ['an IPv6 address in brackets', '[::1]'],
  ['nested brackets', '[[::1]]'],
  ['an IPv6 address with a zone', 'fe80::1%eth0'],
  ['an IPv6 address with an encoded zone', 'fe80::1%25eth0'],
  ['an IPv6 address not shortened', '0:0:0:0:0:0:0:1'],
  ['an IPv6 address in capitals', '2001:DB8::1'],
  ['an IPv6 address with leading zeros', '2001:0db8::1'],
  ['a mapped address in dotted form', '::ffff:127.0.0.1'],
  ['a letter from outside ASCII', 'b\u00fccher.example'],
  ['a Cyrillic look-alike', '\u0430pi.example.com'],
  ['the Kelvin sign', '\u212aube.example.com'],
  ['a dotless i', 'ap\u0131.example.com'],
  ['a soft hyphen', 'api\u00ad.example.com'],
  ['a zero-width space', 'api\u200b.example.com'],
  ['an xn-- label that overflows', 'xn--99999999999.com'],
  ['an undecodable xn-- label', 'xn--a.example'],
  ['an xn-- label that hides ASCII', 'xn--example-.com'],
  ['an empty xn-- label', 'xn--.example'],
  ['a NUL', 'api.example.com\0.evil.example'],
  ['a line feed', 'api.example.com\nx'],
  ['a carriage return', 'api.example.com\r'],
  ['a space', 'api.example.com '],
  ['a leading space', ' api.example.com'],
  ['a tab', 'api\t.example.com'],
  ['a DEL', 'api.example.com\x7f'],
  ['a percent code', 'api%2eexample.com'],
  ['a user part', 'api.example.com@evil.example'],
  ['a path', 'api.example.com/evil'],
  ['a backslash', 'api.example.com\\.evil.example'],
  ['a fragment', 'evil.example#.api.example.com'],
  ['a query', 'evil.example?.api.example.com'],
  ['a port', 'api.example.com:443'],
  ['a wildcard', '*.example.com'],
  ['an underscore in an xn-- label', 'xn--a_b-.example.com'],
  ['a leading hyphen', '-api.example.com'],
  ['a trailing hyphen', 'api-.example.com'],
  ['a label of 64', `${'a'.repeat(64)}.example`],
  ['a name of 254', `${'a.'.repeat(123)}example.`.padEnd(254, 'a')],
  ['an emoji', '\u{1f4a9}.example'],
];

for (const [name, text] of refused) {
  test(`a host with ${name} is refused, not repaired`, () => {
    assert.equal(canonicalHost(text), null);
  });
}

const goodPatterns = ['api.example.com', '*.example.com', '**.example.com', '10.0.0.5', '::1'];
for (const text of goodPatterns) {
  test(`the pattern ${text} is accepted`, () => assert.equal(hostPatternError(text), null));
}

const badPatterns: readonly (readonly [string, RegExp])[] = [
  ['*', /bare/],
  ['', /not a host name/],
  ['*.', /not a host name/],
  ['*.*', /whole first label/],
  ['**', /bare `\*\*`/],
  ['***.example.com', /whole first label/],
  ['*.**.example.com', /whole first label/],
  ['**example.com', /whole first label/],
  ['**.com', /anyone can register/],
  ['**.10.0.0.5', /before an address/],
  ['*foo.example.com', /whole first label/],
  ['foo*.example.com', /whole first label/],
  ['api.*.com', /whole first label/],
  ['*.api.*.com', /whole first label/],
  ['*.com', /anyone can register/],
  ['*.co.uk', /anyone can register/],
  ['*.github.io', /anyone can register/],
  ['*.s3.amazonaws.com', /anyone can register/],
  ['*.workers.dev', /anyone can register/],
  ['*.localhost', /anyone can register/],
  ['*.10.0.0.5', /before an address/],
  ['API.example.com', /lower case: `api\.example\.com`/],
  ['api.example.com.', /did you mean `api\.example\.com`/],
  ['b\u00fccher.example', /did you mean `xn--bcher-kva\.example`/],
  ['https://api.example.com', /not a host name/],
  ['api.example.com:443', /not a host name/],
  ['10.0.0.0/8', /not a host name/],
  ['[::1]', /not a host name/],
];
for (const [text, message] of badPatterns) {
  test(`the pattern ${JSON.stringify(text)} is refused with the reason`, () => {
    assert.match(hostPatternError(text) ?? '', message);
  });
}

test('a pattern that denies may be as wide as a suffix, and not everything', () => {
  assert.equal(hostPatternError('*.com', 'deny'), null);
  assert.equal(hostPatternError('**.github.io', 'deny'), null);
  assert.match(hostPatternError('*', 'deny') ?? '', /deny every host/);
  assert.match(hostPatternError('A.example', 'deny') ?? '', /lower case/);
});

test('any text is one stable form or a refusal', () => {
  const near = fc.stringMatching(/^[a-zA-Z0-9.:*[\]%_\-x]{0,40}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), near, fc.domain(), fc.ipV6()), (text) => {
      const host = canonicalHost(text);
      if (host !== null) {
        assert.deepEqual(canonicalHost(host.text), host);
        assert.equal(host.text, text.toLowerCase());
        assert.match(host.text, /^[a-z0-9_.:-]{1,253}$/);
      }
      assert.ok(typeof (hostPatternError(text) ?? '') === 'string');
    }),
    { numRuns: 2_000 },
  );
});
