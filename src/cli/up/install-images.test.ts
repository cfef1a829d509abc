// Which images a stack of containers runs in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOptions } from '../../testing/example-options.ts';
import type { StackOptions } from '../../topology/options.ts';
import { neededImages } from './install-images.ts';

function imagesWith(backend: StackOptions['sandbox']['backend'], image: string | null) {
  const { sandbox } = exampleOptions();
  const docker = { ...sandbox.docker, image };
  return neededImages(exampleOptions({ sandbox: { ...sandbox, backend, docker } }));
}

test('tools run in an image of their own, or find in the agent’s what they need', () => {
  assert.deepEqual(imagesWith('docker', null), ['roles', 'openclaw', 'sandbox']);
  assert.deepEqual(imagesWith('docker', 'own/box:1'), ['roles', 'openclaw']);
  assert.deepEqual(imagesWith('none', null), ['roles', 'openclaw-tools']);
});

test('the program that does the work of the ingress has an image', () => {
  const { ingress } = exampleOptions();
  const program = { name: 'caddy', version: null } as const;
  const images = neededImages(exampleOptions({ ingress: { ...ingress, program } }));
  assert.ok(images.includes('caddy'));
});
