// deploy/Dockerfile makes the image of the roles as it is declared, and is given nothing more.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../kit/run-command.ts';
import { checkout } from '../testing/source-tree.ts';
import { rolesImage } from './roles-image.ts';

const dockerfile = readFileSync(join(checkout, 'deploy/Dockerfile'), 'utf8');
const world = {
  ...{ program: checkout, node: process.execPath, nodeVersion: process.versions.node },
  run: runCommand,
};

test('the Dockerfile ends in an image that runs as the one that is made here', async () => {
  const { run } = await rolesImage(world);
  const env = Object.entries(run.env).map(([name, value]) => `${name}=${value}`);
  const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
  assert.deepEqual(last.trim().split('\n'), [
    'FROM scratch',
    'COPY --from=build /rootfs /',
    `ENV ${env.join(' ')}`,
    `USER ${run.user}`,
    `ENTRYPOINT ["${run.entrypoint.join('", "')}"]`,
  ]);
});

test('a builder is given what the Dockerfile copies and nothing else', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)];
  const names = copied.flatMap(([, sources = '']) => sources.split(' '));
  const ignore = readFileSync(join(checkout, '.dockerignore'), 'utf8').split('\n');
  const rules = ignore.filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(rules, ['*', ...names.map((name) => `!${name}`)]);
});
