// The messages about a machine that cannot make jails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installCommand, isNewEnough, namespaceFault } from './preflight-jails.ts';

const open = { apparmorRestricts: false, cloneDenied: false, namespacesMax: 15_000 };

test('each kernel switch that denies user namespaces has its own message and command', () => {
  const rows = [
    [{ ...open, apparmorRestricts: true }, /AppArmor/, /apparmor_restrict_unprivileged_userns=0/],
    [{ ...open, cloneDenied: true }, /unprivileged_userns_clone is 0/, /userns_clone=1/],
    [{ ...open, namespacesMax: 0 }, /max_user_namespaces is 0/, /max_user_namespaces=15000/],
    [open, /setting up uid map/, /--privileged/],
  ] as const;
  for (const [kernel, message, fix] of rows) {
    const finding = namespaceFault('bwrap: setting up uid map: Permission denied\n', kernel);
    assert.equal(finding.id, 'user-namespaces-denied');
    assert.match(finding.message, message);
    assert.match(finding.fix, fix);
  }
});

test('the command that installs bubblewrap is that of the distribution', () => {
  const rows = [
    ['ID=debian\n', /apt-get/],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', /apt-get/],
    ['ID=fedora\n', /dnf/],
    ['ID=arch\n', /pacman/],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', /zypper/],
    ['ID=alpine\n', /apk/],
    ['', /of your distribution/],
  ] as const;
  for (const [text, command] of rows) assert.match(installCommand(text), command, text);
});

test('bubblewrap is new enough from 0.8 on', () => {
  assert.deepEqual(['bubblewrap 0.8.0', 'bubblewrap 0.11.0', 'bubblewrap 1.0'].map(isNewEnough), [
    true,
    true,
    true,
  ]);
  assert.deepEqual(['bubblewrap 0.6.1', 'bubblewrap 0.7', ''].map(isNewEnough), [
    false,
    false,
    false,
  ]);
});
