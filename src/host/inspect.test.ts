// The kernel's table of mounts, read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from './inspect.ts';

test('mounts are read with their source, target, type and whether they can be written', () => {
  const text = [
    '30 29 254:0 /srv/with\\040space /opt/clincher/src ro,nosuid,nodev master:1 - ext4 /dev/vda rw',
    '31 29 0:5 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw,size=16384k',
    '32 29 254:0 /state rw,relatime - ext4 /dev/vda rw',
    '',
  ].join('\n');
  const [program, temporary] = parseMountInfo(text);
  assert.deepEqual(program, {
    source: '/srv/with space',
    target: '/opt/clincher/src',
    type: 'ext4',
    readOnly: true,
  });
  assert.deepEqual(temporary, { source: 'tmpfs', target: '/tmp', type: 'tmpfs', readOnly: false });
});
