// What the twin's provider saw says whether an attack succeeded; what the declaration allows is not
// tried; and nothing that an attack is written with is left as a mark.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServicePlan } from '../plan/model.ts';
import type { TwinAttack } from './attacks/model.ts';
import { twinTables } from './attacks/twin/tables.ts';
import { createProbes } from './probe-program.ts';
import type { TwinHeard, TwinInput } from './probes/twin.ts';
import { judgeTwin, twinRows } from './twin-attacks.ts';

const attack: TwinAttack = {
  ...{ tries: 'x', rounds: [], arrives: { least: 1, most: 2 }, refusal: 'budget-exhausted' },
  isDistinct: true,
};
const clean: TwinHeard = {
  ...{ id: 0, arrivals: 2, tokens: 200, leaked: [], isShared: false },
  answers: [
    { status: 200, reason: '' },
    { status: 402, reason: 'budget-exhausted' },
  ],
};

const rows: readonly (readonly [name: string, heard: TwinHeard | undefined, observed: string])[] = [
  ['refused as declared', clean, 'denied'],
  ['left by its caller', { ...clean, answers: [{ status: 0, reason: '' }] }, 'denied'],
  [
    'failed by the provider',
    { ...clean, answers: [{ status: 504, reason: 'provider-error' }] },
    'denied',
  ],
  ['more than was there', { ...clean, tokens: 1_001 }, 'open'],
  ['seen by the provider', { ...clean, leaked: ['a secret'] }, 'open'],
  ["another's answer", { ...clean, isShared: true }, 'open'],
  ['more calls than may', { ...clean, arrivals: 3 }, 'open'],
  ['met by nobody', { ...clean, arrivals: 0 }, 'unknown'],
  [
    'refused for another reason',
    { ...clean, answers: [{ status: 400, reason: 'request-malformed' }] },
    'unknown',
  ],
  ['not tried', undefined, 'unknown'],
];

for (const [name, heard, observed] of rows) {
  test(`an attack at the twin that was ${name} is ${observed}`, () => {
    assert.equal(judgeTwin(attack, heard, 'it did not start').observed, observed);
  });
}

test('what was refused is told by its reason first, and what was answered by what came of it', () => {
  const answered = { ...clean, answers: [{ status: 200, reason: '' }] };
  const [refused, kept] = [clean, answered].map((heard) => judgeTwin(attack, heard, '').evidence);
  assert.match(refused ?? '', /^402 budget-exhausted; 2 of 2 reached/);
  assert.match(kept ?? '', /^answered, and nothing came of it; 2 of 1 reached/);
});

/** What the probe would be given of a service that is told so. */
async function inputFor(settings: Record<string, unknown>): Promise<TwinInput> {
  const given: TwinInput[] = [];
  const probes = await createProbes(async (_, __, input) => {
    given.push(input as TwinInput);
    return '{"failed":"not here","heard":[]}';
  });
  const service = { name: 'llm', settings, listens: [] } as unknown as ServicePlan;
  const field = { inside: probes, topology: { edges: [] } } as unknown as Parameters<
    typeof twinRows
  >[2];
  const judged = await twinRows(service, twinTables, field);
  assert.ok(judged.length > 0 && judged.every(({ verdict }) => verdict === 'difference'));
  const [input] = given;
  assert.ok(input !== undefined && input.tries.length === judged.length);
  return input;
}

test('what is told to the twin has no mark left but where it is, and no two keys are one', async () => {
  const { tries, secrets } = await inputFor({ guards: { marks: 'marks' } });
  assert.ok(!JSON.stringify(tries).includes('{{'));
  assert.equal(new Set(Object.values(secrets)).size, Object.keys(secrets).length);
  assert.match(secrets.marks ?? '', /^\[\{"name":"token"/);
});

test('what the declaration allows is not tried', async () => {
  const all = (await inputFor({ guards: { marks: 'marks' } })).tries.length;
  const withoutMarks = (await inputFor({})).tries.length;
  const off = (await inputFor({ guards: { secrets: 'off' } })).tries.length;
  const shared = (await inputFor({ guards: { marks: 'marks' }, cache: { share: 'everyone' } }))
    .tries.length;
  assert.equal(all - withoutMarks, 3);
  assert.ok(off < withoutMarks - 20);
  assert.equal(all - shared, 9);
});
