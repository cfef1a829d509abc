// What holds for every text: an answer or a declared refusal, each problem with a place inside the
// text, and no secret in what is said.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { runChecks } from '../check/index.ts';
import { standardTopology } from '../topology/standard.ts';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './load.ts';
import { configSchema } from './schema.ts';
import { starterText } from './starter.ts';

const whole = `${starterText('x')}
models:
  default: [anthropic/claude-sonnet-5, { provider: anthropic, model: m, price: { input: 1, output: 0.5 } }]
agent: { program: openclaw, version: "2026.9.6" }
egress:
  rules: [{ caller: gateway, hosts: [a.example, "*.b.example"], ports: [443] }]
  resolve: { a.example: [192.0.2.7] }
  unsafeAllowAddresses: ["192.0.2.0/24"]
ingress: { listen: "127.0.0.1:8443", origin: "https://localhost:8443", tls: { cert: a, key: b } }
sandbox: { backend: docker }
monitoring: { host: true }
services: { notes: { image: example/notes, command: [run] } }
edges: [{ from: gateway, to: notes, port: http }]
driver: embedded
isolation: sealed
preset: default
`;

const secret = 'sk-ant-api03-QmT7vX2bLr9Kp4';

/** Pieces that YAML and the schema care about, dropped anywhere. */
const piece = fc.oneof(
  fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    '- ',
    '\n',
    '  ',
    '\t',
    '#',
    '"',
    "'",
    '&a ',
    '*a',
    '<<: ',
  ),
  fc.constantFrom('!!js/function ', '%YAML 1.1\n', '---\n', '...\n', '? ', '| ', '> ', '\0', '\r'),
  fc.constantFrom(
    'null',
    '~',
    '.nan',
    '1e999',
    '0x10',
    '-0',
    '__proto__: ',
    'constructor',
    '\u202e',
  ),
  fc.constant(secret),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

const cut = fc.record({
  at: fc.nat(whole.length),
  length: fc.oneof(fc.constant(0), fc.nat(40)),
  put: piece,
});

const mutated = fc
  .array(cut, { minLength: 1, maxLength: 6 })
  .map((cuts) =>
    cuts.reduce(
      (text, { at, length, put }) => text.slice(0, at) + put + text.slice(at + length),
      whole,
    ),
  );

test('the text that is mutated is valid itself', () => {
  assert.equal(parseConfig(whole, 'clincher.yaml').models.length, 1);
});

test('a mutated file is read or refused with places inside it, and shows no secret', () => {
  let refused = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      try {
        parseConfig(text, 'clincher.yaml');
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        refused++;
        const lines = text.split('\n').length;
        assert.ok(error.problems.length > 0);
        for (const { at } of error.problems) {
          assert.ok(at.line >= 1 && at.line <= lines && at.column >= 1, JSON.stringify(at));
        }
        assert.ok(!JSON.stringify([error.message, error.fix, error.problems]).includes(secret));
        assert.doesNotMatch(error.message, /[^\n\x20-\x7e]/);
      }
    }),
    { numRuns: 800 },
  );
  assert.ok(refused > 200, `only ${refused} were refused`);
});

test('any text at all is read or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      assert.throws(() => parseConfig(text, 'clincher.yaml'), ConfigError);
    }),
    { numRuns: 300 },
  );
});

test('what is read makes a topology that can be checked', () => {
  let read = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      try {
        runChecks(standardTopology(parseConfig(text, 'clincher.yaml')));
        read++;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(read > 20, `only ${read} were read`);
});

test('what is read agrees with the schema that editors get', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      try {
        parseConfig(text, 'clincher.yaml');
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return;
      }
      assert.ok(configSchema.safeParse(parseYaml(text)).success, text);
    }),
    { numRuns: 500 },
  );
});

test('a long file of any one thing is refused, and the list of its errors is bounded', () => {
  const size = 64 * 1024;
  const fill = (part: string) => part.repeat(Math.floor(size / part.length));
  const keys = Array.from({ length: 5_000 }, (_, index) => `k${index}: 1\n`).join('');
  for (const text of [fill('['), fill('{a: '), fill('- '), fill('a\n'), fill('&a *a '), keys]) {
    const error = refusal(text);
    assert.ok(error.message.length < 16_000, 'the list of problems is bounded');
  }
});

function refusal(text: string): ConfigError {
  try {
    parseConfig(text, 'clincher.yaml');
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  assert.fail('it was read');
}
