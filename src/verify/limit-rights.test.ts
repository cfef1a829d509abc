// Which bounds count: those of a control group where there is one, else those of each process; and
// none of a process that only looked in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataBytesMax } from '../plan/data-bytes.ts';
import { limitRights } from './limit-rights.ts';
import type { Surveyed } from './survey.ts';

const limits = { memoryBytesMax: 1_000_000, cpusMax: 2, processesMax: 50, filesMax: 100 };
const asPlanned = { files: 100, processes: 50, dataBytes: dataBytesMax(limits) };
const group = { memoryBytes: 1_000_000, processes: 50, cpus: 2 };
const [files, memory, processes, time] = ['open files', 'memory', 'processes', 'processor time'];

type Process = Partial<typeof asPlanned> & { readonly joined?: true };

function open(own: readonly Process[], groupLimits: Partial<typeof group> | null): string[] {
  const inspection = {
    groupLimits: groupLimits === null ? null : { ...group, ...groupLimits },
    processes: own.map(({ joined = false, ...one }, pid) => ({
      ...{ pid, joined, limits: { ...asPlanned, ...one } },
    })),
  };
  return limitRights({ plan: { limits }, inspection } as unknown as Surveyed)
    .filter(({ observed }) => observed === 'open')
    .map(({ what }) => what.replace(/^more (.*) than planned$/, '$1'));
}

const unbounded = Number.POSITIVE_INFINITY;
const rows: readonly (readonly [
  string,
  readonly Process[],
  Parameters<typeof open>[1],
  unknown,
])[] = [
  ['a group as planned', [{}], {}, []],
  ['a group alone', [{ processes: unbounded, dataBytes: unbounded }], {}, []],
  ['a group with more memory', [{ dataBytes: unbounded }], { memoryBytes: 2_000_000 }, [memory]],
  ['a group with more processes', [{ processes: unbounded }], { processes: 51 }, [processes]],
  ['a group with more time', [{}], { cpus: 3 }, [time]],
  ['more files, whatever the group says', [{ files: 101 }], {}, [files]],
  ['no group, and processes as planned', [{}, {}], null, []],
  ['no group, and one with more memory', [{}, { dataBytes: unbounded }], null, [memory]],
  ['a byte more than the driver sets', [{ dataBytes: asPlanned.dataBytes + 1 }], null, [memory]],
  ['no group, and one that may start more', [{}, { processes: 51 }], null, [processes]],
  [
    'no group, and no bound at all',
    [{ processes: unbounded, dataBytes: unbounded }],
    null,
    [memory, processes],
  ],
  ['who only looked in', [{}, { joined: true, files: unbounded, dataBytes: unbounded }], null, []],
];

for (const [name, own, groupLimits, expected] of rows) {
  test(`limits: ${name}`, () => assert.deepEqual(open(own, groupLimits), expected));
}

test('where nothing bounds time but the scheduler, that is said', () => {
  const inspection = { groupLimits: null, processes: [] };
  const told = limitRights({ plan: { limits }, inspection } as unknown as Surveyed);
  assert.match(told.at(-1)?.evidence ?? '', /scheduler/);
});
