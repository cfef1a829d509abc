// What is found of a host before anything is sent to it, what of a deployment is sent, and that
// nothing in an argument is read by the shell there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { run } from '../testing/run-program.ts';
import type { Cargo } from './cargo.ts';
import { type Facts, factsFrom } from './look.ts';
import { planDeploy } from './plan.ts';
import { preflight } from './preflight.ts';
import { farCommand } from './ssh.ts';

const cargo: Cargo = {
  host: 'app',
  program: { digest: 'p1', bytes: 10e6, open: async function* () {} },
  node: null,
  release: [],
  state: [],
  images: [{ reference: 'clincher/roles:1', ids: ['sha256:a', 'sha256:b'], bytes: 5 }],
  openImages: async function* () {},
  needs: { driver: 'embedded', ports: [443] },
};

/** 443 is 01BB. */
const said = `dir /home/ann/clincher
user ann
uid 1000
gid 1000
kernel Linux 6.1.0
machine x86_64
seconds 1000
free 9000000
writable yes
userns yes
has bwrap
has flock
has sha256sum
has tar
has gzip
node v24.16.0
engine 28.1.0
image clincher/roles:1 sha256:b
port 00000000:1F90
kept p1
`;
const fine = factsFrom(said);

function found(facts: Partial<Facts>, needs = cargo.needs): readonly string[] {
  return preflight({ ...cargo, needs }, { ...fine, ...facts }, 1000).map(
    ({ id, severity, message }) => `${severity} ${id}: ${message}`,
  );
}

test('a host that is fit has no finding', () => {
  assert.deepEqual(found({}), []);
});

const without = (name: string) => new Set([...fine.programs].filter((each) => each !== name));
const unfit: readonly (readonly [Partial<Facts>, string, Cargo['needs']?])[] = [
  [{ kernel: 'Darwin 24.1' }, 'fatal host-unfit: it runs Darwin 24.1'],
  [{ isWritable: false }, 'fatal state-unusable: ann may not write /home/ann/clincher'],
  [{ programs: without('flock') }, 'fatal program-missing: there is no flock'],
  [{ programs: without('bwrap') }, 'fatal bubblewrap-missing: bubblewrap is not there'],
  [{ programs: without('bwrap'), uid: 0 }, 'warning bubblewrap-missing: bubblewrap is not there'],
  [{ clockSeconds: 1061 }, 'fatal host-unfit: its clock is ahead by 61 seconds'],
  [{ clockSeconds: 900 }, 'fatal host-unfit: its clock is behind by 100 seconds'],
  [{ freeBytes: 1e9 }, 'fatal disk-full: 1000 MB are free, 2050 are wanted'],
  [
    { node: '20.1.0' },
    "fatal node-too-old: it has Node.js 20.1.0, and this machine's is for another kind",
  ],
  [{ ports: new Set([443]) }, 'fatal port-in-use: something listens on port 443 already'],
  [
    { hasUserNamespaces: false },
    'fatal user-namespaces-denied: the kernel refuses ann user namespaces',
  ],
  [
    { engine: null },
    'fatal docker-unreachable: Docker does not answer ann',
    { driver: 'docker', ports: [] },
  ],
  [{}, 'fatal program-missing: Docker has no compose', { driver: 'docker', ports: [] }],
];

for (const [facts, says, needs] of unfit) {
  test(`preflight says: ${says}`, () => {
    assert.deepEqual(found(facts, needs), [says]);
  });
}

test('a port of the release that runs there is no other one', () => {
  const current = { release: 'r', program: 'p1', files: new Map() };
  assert.deepEqual(found({ ports: new Set([443]), current }), []);
});

test('an image that Docker has under another id is sent again, one that it has is not', () => {
  assert.deepEqual(planDeploy(cargo, fine, 'r').images, []);
  const images = new Map([['clincher/roles:1', 'sha256:c']]);
  assert.equal(planDeploy(cargo, { ...fine, images }, 'r').images.length, 1);
});

test('whatever the far side says is read as facts, or as nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const facts = factsFrom(text);
      assert.equal(planDeploy(cargo, facts, 'r').release?.name, 'r');
    }),
  );
});

test('an argument reaches the script as it is, whatever is in it', async () => {
  const tricks = [
    '',
    ' ',
    "'; touch /tmp/x; '",
    '$(id)',
    '`id`',
    '-n',
    'a\nb',
    '\\',
    '"',
    '*',
    '!',
  ];
  const script = 'for each in "$@"; do printf "%s\\0" "$each"; done';
  const { stdout } = await run(['sh', '-c', farCommand(script, tricks)]);
  assert.deepEqual(stdout.split('\0').slice(0, -1), tricks);
});
