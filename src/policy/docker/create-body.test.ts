// What becomes of a create: what clients send for nothing in particular passes, and nothing that
// asks for more than a sandbox has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBody } from '../../testing/docker-attacks/base-bodies.ts';
import { createAttacks } from '../../testing/docker-attacks/creates.ts';
import { examplePolicy, sandboxImage, sandboxImageId, send } from '../../testing/docker-policy.ts';
import { sandboxFaults } from '../../testing/docker-sandbox-check.ts';
import type { JudgedBody } from './model.ts';

const policy = examplePolicy('sandbox');
const { template } = policy;
assert.ok(template !== undefined);

function passed(value: unknown): { readonly judged: JudgedBody; readonly sent: Sent } {
  const judged = send(policy, 'create', value);
  assert.ok(judged.kind === 'body', JSON.stringify(judged));
  const sent = JSON.parse(judged.bytes.toString());
  assert.deepEqual(sandboxFaults(sent, template ?? assert.fail(), 'clincher/gateway'), []);
  return { judged, sent };
}

interface Sent {
  readonly [name: string]: unknown;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

test('what the docker command line sends for nothing in particular becomes a sandbox', () => {
  const { sent } = passed(createBody(sandboxImage));
  assert.equal(sent.Image, sandboxImageId);
  assert.equal(sent.User, '1000:1000');
  assert.deepEqual(sent.Labels, { 'clincher.owner': 'clincher/gateway' });
  const { HostConfig: host } = sent;
  assert.equal(host.NetworkMode, 'none');
  assert.equal(host.ReadonlyRootfs, true);
  assert.deepEqual(Object.keys(host.Tmpfs ?? {}), ['/tmp', '/var/tmp', '/run']);
});

test('the least there is passes too, and what old clients send', () => {
  passed({ Image: sandboxImage });
  passed({ Image: sandboxImage, HostConfig: null, Labels: null, Env: [], Cmd: 'true' });
  passed({ Image: sandboxImage, Healthcheck: { Test: ['NONE'], Interval: 0 } });
  passed({ Image: sandboxImage, name: 'openclaw-sbx-1', HostConfig: { NetworkMode: 'bridge' } });
  passed(
    createBody(
      sandboxImage,
      {},
      { KernelMemory: 0, DiskQuota: 0, PidsLimit: -1, Isolation: 'default' },
    ),
  );
});

test('what OpenClaw asks for is given, from the host side of its folders', () => {
  const host = {
    Binds: [
      '/home/node/work:/workspace:z',
      '/home/node/work/skills:/workspace/skills:ro,z',
      '/home/node/agents/a:/agent/a:ro',
    ],
    CapDrop: ['ALL'],
    NetworkMode: 'none',
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: true,
    Tmpfs: { '/tmp': '' },
    Memory: 2 ** 31,
    NanoCpus: 1_500_000_000,
    PidsLimit: 512,
    Ulimits: [{ Name: 'nofile', Soft: 1_024, Hard: 2_048 }],
    Init: true,
  };
  const change = {
    User: '1000:1000',
    Env: ['LANG=C.UTF-8', 'OPENCLAW_EXEC=1'],
    WorkingDir: '/workspace',
    Labels: { 'openclaw.sandbox': '1', 'openclaw.configHash': 'a'.repeat(64) },
  };
  const { judged, sent } = passed(createBody(sandboxImage, change, host));
  assert.deepEqual(judged.binds, [
    { hostSource: '/srv/stack/work', target: '/workspace', readOnly: false, below: false },
    {
      hostSource: '/home/node/work/skills',
      target: '/workspace/skills',
      readOnly: true,
      below: false,
    },
    { hostSource: '/srv/agents/a', target: '/agent/a', readOnly: true, below: true },
  ]);
  assert.equal(sent.HostConfig.Binds, undefined, 'binds become mounts: the daemon makes no folder');
  assert.equal(sent.HostConfig.Memory, 2 ** 31);
  assert.equal(sent.HostConfig.Init, true);
  assert.deepEqual(Object.keys(sent.HostConfig.Tmpfs ?? {}), ['/tmp'], 'those asked for');
  assert.deepEqual(Object.keys(sent.Labels ?? {}), [
    'openclaw.sandbox',
    'openclaw.configHash',
    'clincher.owner',
  ]);
});

test('a folder of the template, and a tmpfs, may be asked for as mounts', () => {
  const bind = { Type: 'bind', Source: '/home/node/work', Target: '/workspace' };
  const memory = { Type: 'tmpfs', Target: '/tmp' };
  const { judged, sent } = passed(createBody(sandboxImage, {}, { Mounts: [bind, memory] }));
  assert.deepEqual(judged.binds, [
    { hostSource: '/srv/stack/work', target: '/workspace', readOnly: false, below: false },
  ]);
  assert.deepEqual(Object.keys(sent.HostConfig.Tmpfs ?? {}), ['/tmp']);
});

test('a folder that is lent read-only stays so, also below one that may be written', () => {
  for (const bind of ['/home/node/work/skills:/workspace/skills', '/home/node/agents:/agent:rw']) {
    const verdict = send(policy, 'create', createBody(sandboxImage, {}, { Binds: [bind] }));
    assert.ok(verdict.kind === 'refusal' && verdict.reason === 'docker-bind-refused', bind);
  }
});

test('below a folder that is lent with what is in it, only what is really below', () => {
  const folder = { source: '/work', target: '/workspace', readOnly: false, below: true };
  const skills = { source: '/work/skills', target: '/workspace/skills', readOnly: true };
  const wide = examplePolicy('sandbox', {
    template: { images: [{ name: sandboxImage }], labels: ['*'], binds: [folder, skills] },
  });
  const kind = (bind: string) => {
    const body = createBody(sandboxImage, {}, { Binds: [bind] });
    return send(wide, 'create', body).kind;
  };
  assert.equal(kind('/work/a/b:/workspace/a'), 'body');
  const refused = [
    '/work/../etc:/workspace/a',
    '/work/a/../../etc:/workspace/a',
    '/work/a:/workspace/../etc',
    '/work//a:/workspace/a',
    '/work/a/:/workspace/a',
    '/work-other:/workspace/a',
    '/work/a:/workspace-other',
    '/work/skills:/workspace/skills',
  ];
  for (const bind of refused) assert.equal(kind(bind), 'refusal', bind);
  const label = createBody(sandboxImage, { Labels: { 'Clincher.Owner': 'clincher/b' } });
  assert.equal(send(wide, 'create', label).kind, 'refusal', 'our label, where all may be set');
});

test('what was changed is told, without what the labels and variables say', () => {
  const asked = createBody(sandboxImage, { Env: ['TOKEN=abc123'], Labels: { team: 'abc123' } });
  const { judged } = passed(asked);
  const changes = Object.fromEntries(
    judged.changes.map(({ field, from, to }) => [field, [from, to]]),
  );
  assert.deepEqual(changes['HostConfig.NetworkMode'], ['"default"', '"none"']);
  assert.deepEqual(changes.User, ['""', '"1000:1000"']);
  assert.deepEqual(changes['Labels.clincher.owner'], ['null', '"clincher/gateway"']);
  assert.doesNotMatch(JSON.stringify(judged.changes), /abc123/);
});

const ground = { image: sandboxImage, source: '/home/node/work', target: '/workspace' };

for (const { trick, class: attackClass, body, text } of createAttacks(ground)) {
  test(`a create is refused: ${trick} (${attackClass})`, () => {
    const verdict = send(policy, 'create', text ?? body);
    assert.ok(verdict.kind === 'refusal', 'it was let through');
    assert.match(verdict.reason, /^docker-/);
    assert.match(verdict.message, /^clincher refused ContainerCreate/);
    assert.ok(verdict.status === 403 || verdict.status === 400);
  });
}

test('the reason and the field are the ones that the trick is about', () => {
  const rows: readonly (readonly [host: object, reason: string, field: string])[] = [
    [{ Privileged: true }, 'docker-field-refused', 'HostConfig.Privileged'],
    [{ privileged: true }, 'docker-field-unknown', 'HostConfig.privileged'],
    [{ Binds: ['/:/workspace'] }, 'docker-bind-refused', 'HostConfig.Binds'],
    [
      { Mounts: [{ Type: 'volume', Target: '/workspace' }] },
      'docker-bind-refused',
      'HostConfig.Mounts.0',
    ],
    [{ NetworkMode: 'host' }, 'docker-network-refused', 'HostConfig.NetworkMode'],
    [{ MaskedPaths: [] }, 'docker-field-refused', 'HostConfig.MaskedPaths'],
    [{ Memory: 2 ** 40 }, 'docker-field-refused', 'HostConfig.Memory'],
  ];
  for (const [host, reason, field] of rows) {
    const verdict = send(policy, 'create', createBody(sandboxImage, {}, { ...host }));
    assert.ok(verdict.kind === 'refusal');
    assert.deepEqual([verdict.reason, verdict.field], [reason, field]);
  }
});

test('a template with a network, profiles and a root to write to gives those alone', () => {
  const open = examplePolicy('sandbox', {
    template: {
      images: [{ name: sandboxImage }],
      network: 'tools',
      readOnlyRoot: false,
      seccompProfile: '{"defaultAction":"SCMP_ACT_ERRNO"}',
      apparmorProfile: 'tools',
    },
  });
  const verdict = send(open, 'create', createBody(sandboxImage));
  assert.ok(verdict.kind === 'body');
  const { HostConfig: host } = JSON.parse(verdict.bytes.toString());
  assert.deepEqual(
    [host.NetworkMode, host.ReadonlyRootfs, host.Tmpfs, host.SecurityOpt],
    [
      'tools',
      false,
      undefined,
      ['no-new-privileges', 'seccomp={"defaultAction":"SCMP_ACT_ERRNO"}', 'apparmor=tools'],
    ],
  );
  const host2 = send(open, 'create', createBody(sandboxImage, {}, { NetworkMode: 'host' }));
  assert.equal(host2.kind, 'refusal');
});
