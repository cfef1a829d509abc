// `clincher host` as it is typed: what it prints, its exit codes, and that it changes nothing
// unasked. In a network of its own, where the firewall that it reads is the test's.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostItems } from '../../hardening/index.ts';
import { inOwnNetwork } from '../../testing/netns.ts';
import { clincher } from '../../testing/run-program.ts';
import { tempDir } from '../../testing/temp-dir.ts';

inOwnNetwork(import.meta.url, {}, () => {
  test('check says of each item whether it is fine, and ends with 1 without a firewall', async () => {
    using dir = tempDir();
    const { code, stdout } = await clincher(['host', 'check'], { cwd: dir.path });
    for (const { id } of hostItems) assert.ok(stdout.includes(id), `${id}:\n${stdout}`);
    assert.match(stdout, /fatal .*host\.nft.* \[host-firewall\]\n {2}clincher host harden/);
    assert.equal(code, 1);
  });

  test('harden shows its plan with the ports of the stack, and does nothing with nobody to ask', async () => {
    using dir = tempDir();
    const config = join(dir.path, 'clincher.yaml');
    await writeFile(
      config,
      [
        'version: 1',
        'providers:\n  anthropic: { key: env:A }',
        'budget: { usd: 1, per: day }',
        'ingress: { origin: "https://box.example:8443", listen: "0.0.0.0:8443" }',
      ].join('\n'),
    );
    const { code, stdout, stderr } = await clincher(
      ['host', 'harden', 'host-firewall', '--open', '9100', '--config', config],
      { cwd: dir.path },
    );
    assert.match(stdout, /leaves open: .*8443, 9100/, stderr);
    assert.match(stdout, /writes \/etc\/clincher\/host\.nft/);
    assert.match(stderr, /there is nobody to ask/);
    assert.equal(code, 2);
  });

  for (const [name, args, says] of [
    ['an item that is not there', ['check', 'host-nothing'], /there is no item host-nothing/],
    ['a port that is none', ['check', '--open', '70000'], /--open 70000: not a port/],
    ['a configuration that is not there', ['check', '--config', 'nowhere.yaml'], /nowhere\.yaml/],
  ] as const) {
    test(`${name} is wrong input`, async () => {
      using dir = tempDir();
      const { code, stderr } = await clincher(['host', ...args], { cwd: dir.path });
      assert.match(stderr, says);
      assert.equal(code, 2);
    });
  }
});
