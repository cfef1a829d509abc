// Faults of a settings file with the place of each, in the file as it was written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { jsonFaultPlace, settingsError } from './settings-problems.ts';

const listener = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('plain').optional(), port: z.int() }),
  z.strictObject({ kind: z.literal('secure'), port: z.int(), keyFile: z.string() }),
]);
const schema = z.strictObject({
  name: z.string(),
  listen: z.array(listener),
  limits: z.strictObject({ bytesMax: z.int().default(1) }).prefault({}),
});

const faults: readonly (readonly [string, string, string])[] = [
  [
    'a misspelt key',
    '{\n\t"name": "a",\n\t"lisen": []\n}',
    '3:2 lisen: unknown key; did you mean "listen"?',
  ],
  [
    'a misspelt key below a default',
    '{ "name": "a", "listen": [],\n "limits": { "byteMax": 1 } }',
    '2:14 limits.byteMax: unknown key; did you mean "bytesMax"?',
  ],
  [
    'a kind that is none',
    '{ "name": "a", "listen": [{ "kind": "secrue", "port": 1 }] }',
    '1:29 listen[0].kind: must be plain or secure; did you mean "secure"?',
  ],
  [
    'a key of the other kind',
    '{ "name": "a", "listen": [{ "port": 1, "keyfile": "k" }] }',
    '1:40 listen[0].keyfile: unknown key; did you mean "keyFile"?',
  ],
  ['a number for text', '{ "name": 7, "listen": [] }', '1:3 name: must be text, not a number'],
  ['a list for the whole', '[]', '1:1: must be a map, not a list'],
];
for (const [what, text, said] of faults) {
  test(`settings with ${what} are told of at their place`, () => {
    const { message, code } = settingsError(text, 'egress.json', schema);
    assert.equal(code, 'settings-invalid');
    assert.ok(message.includes(`\n  egress.json:${said}`), message);
  });
}

const broken: readonly (readonly [string, string, number, number])[] = [
  ['a sign that is none', '{\n  "a": ? }', 2, 8],
  ['a word that is none', '{\n  "a": nope }', 2, 9],
  ['a key without quotes', '{ "a": 1,\n  b: 2 }', 2, 3],
  ['a comma too many', '[1,\n]', 2, 1],
  ['no comma', '{ "a": 1\n  "b": 2 }', 2, 3],
  ['a line end in a text', '{ "a": "b\n" }', 1, 10],
  ['an end that comes too early', '{ "a": 1,\n', 2, 1],
  ['something after the end', '{}\n}', 2, 1],
  ['nothing', '', 1, 1],
];
for (const [what, text, line, column] of broken) {
  test(`JSON with ${what} is told of at its place`, () => {
    assert.deepEqual(jsonFaultPlace(text, 'f'), { file: 'f', line, column });
  });
}
