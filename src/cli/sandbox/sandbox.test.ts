// `clincher sandbox`: the record as a running proxy writes it, read back whole; questions answered
// as the proxy would; the containers of this stack and no others.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import pc from 'picocolors';
import { ClincherError } from '../../kit/error.ts';
import { ownedBy, startDockerProxy } from '../../testing/docker-proxy.ts';
import { fakeDocker } from '../../testing/fake-docker.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { callerIn, type DeclaredDocker, declaredSandbox } from './declared.ts';
import { explainCall, explanationLines } from './explain.ts';
import { listSandboxes, sandboxLines } from './list.ts';
import { type RecordFilter, showRecords } from './log.ts';
import { recordLines } from './record-text.ts';
import type { SandboxRecord } from './sandbox-record.ts';

const plain = pc.createColors(false);
const create = { Image: 'sandbox:1', Cmd: ['sleep'], HostConfig: { Memory: 1e8 } };

test('every record of a running proxy is read back, filtered and said in lines', async () => {
  await using folder = await temporaryFolder();
  await using proxy = await startDockerProxy();
  const made = await proxy.call('POST', '/v1.47/containers/create?name=box', create);
  const { Id } = JSON.parse(made.body);
  await proxy.call('GET', '/containers/box/json');
  await proxy.call('POST', '/containers/create', { ...create, HostConfig: { Privileged: true } });
  await proxy.call('GET', '/containers/theirs/json', undefined, 'other');
  await proxy.send('GARBAGE\r\n\r\n');
  const file = join(folder.path, 'proxy.log');
  const lines = proxy.telemetry.lines().map((line) => JSON.stringify(line));
  await writeFile(file, `${lines.join('\n')}\n{"event":"decision","role":"docker-proxy"}\n`);
  const shown = async (filter: RecordFilter, lines = 100) => {
    const records: SandboxRecord[] = [];
    const notes: string[] = [];
    const source = { stateDir: '', file, follow: false, lines };
    await showRecords(source, filter, {
      record: (record) => records.push(record),
      note: (note) => notes.push(note),
    });
    assert.equal(notes.length, 1, 'the line that is no record is told of');
    return records;
  };
  const all = await shown({});
  assert.deepEqual(
    all.map(({ reason }) => reason),
    ['allowed', 'allowed', 'docker-field-refused', 'docker-not-found', 'request-malformed'],
  );
  assert.equal((await shown({ caller: 'other' })).length, 1);
  assert.equal((await shown({ verdict: 'deny' })).length, 3);
  assert.equal((await shown({ container: Id.slice(0, 12) })).length, 2);
  assert.equal((await shown({ container: 'box' })).length, 1);
  assert.equal((await shown({ operation: 'ContainerInspect' })).length, 2);
  assert.equal((await shown({ reason: 'request-malformed' })).length, 1);
  assert.equal((await shown({ id: all[0]?.requestId })).length, 1);
  assert.equal((await shown({ sinceMs: Date.now() + 1_000 })).length, 0);
  assert.equal((await shown({}, 2)).length, 2);
  const text = all.flatMap((record) => recordLines(record, plain)).join('\n');
  assert.match(text, /Z allow {2}gateway > ContainerCreate {2}[0-9a-f]{12}/);
  assert.match(text, /changed: .*User.*->/);
  assert.match(text, /Z deny {3}gateway > ContainerCreate {2}docker-field-refused/);
  assert.match(text, /field: HostConfig\.Privileged/);
  assert.match(text, /wire: request-line/);
});

test('a record that is not there is said to be', async () => {
  const source = { stateDir: '/nowhere', file: null, follow: false, lines: 1 };
  const nothing = { record: () => {}, note: () => {} };
  await assert.rejects(showRecords(source, {}, nothing), { code: 'record-missing' });
});

const settings = (docker: string) => ({
  service: 'docker-proxy',
  admin: [],
  listen: [{ address: 'unix:/run/x', caller: 'gateway' }],
  docker,
  profile: 'sandbox',
  template: { images: [{ name: 'sandbox:1' }] },
});

const declaredDocker = async (file: string): Promise<DeclaredDocker> => {
  const declared = await declaredSandbox({ config: '', settings: file });
  assert.ok(declared.backend === 'docker');
  return declared;
};

test('a call is explained as the proxy would answer it', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'settings.json');
  await writeFile(file, JSON.stringify(settings('unix:/nowhere')));
  const declared = await declaredDocker(file);
  const policy = callerIn(declared, 'gateway');
  const explain = (method: string, target: string, body: unknown = null) => {
    const bytes = body === null ? null : Buffer.from(JSON.stringify(body));
    return explainCall(policy, { method, target, body: bytes });
  };
  const text = (explanation: ReturnType<typeof explain>) =>
    explanationLines(explanation, plain).join('\n');
  assert.match(text(explain('GET', '/_ping')), /^allowed: gateway, profile sandbox: GET \/_ping\n/);
  const kill = explain('POST', '/containers/x/kill');
  assert.equal(kill.verdict, 'allow');
  assert.match(text(kill), /decided when asked: whether the container is one/);
  assert.match(text(explain('POST', '/containers/create')), /the body: give it with --body/);
  const made = explain('POST', '/containers/create', create);
  assert.equal(made.verdict, 'allow');
  assert.match(text(made), /changed: .*User/);
  const refused = explain('POST', '/containers/create', { ...create, Image: 'other' });
  assert.equal(refused.reason, 'docker-image-refused');
  assert.match(text(refused), /^denied: .*\[docker-image-refused\]\n/);
  assert.equal(explain('POST', '/build').reason, 'docker-call-denied');
  assert.throws(() => callerIn(declared, 'llm'), { code: 'unknown-service' });
});

test('settings that are none are refused without what they hold', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'settings.json');
  await writeFile(file, 'secret: 1');
  const declared = () => declaredDocker(file);
  await assert.rejects(declared, (error) => {
    return error instanceof ClincherError && !error.message.includes('secret');
  });
  await writeFile(file, JSON.stringify({ ...settings('unix:/x'), template: undefined }));
  await assert.rejects(declared, /needs a template/);
});

test('the containers of this stack are listed, and no others', async () => {
  await using folder = await temporaryFolder();
  await using docker = await fakeDocker(`${folder.path}/docker.sock`);
  docker.add('mine', ownedBy('gateway'));
  docker.add('foreign', { 'clincher.owner': 'another-stack/gateway' });
  docker.add('nobodys');
  const file = join(folder.path, 'settings.json');
  await writeFile(file, JSON.stringify(settings(`unix:${docker.path}`)));
  const declared = await declaredDocker(file);
  const rows = await listSandboxes(declared);
  assert.deepEqual(
    rows.map(({ name, caller }) => [name, caller]),
    [['mine', 'gateway']],
  );
  assert.match(
    sandboxLines(rows).join('\n'),
    /^CALLER {3}CONTAINER.*\ngateway {2}[0-9a-f]{12} {2}mine/,
  );
  assert.deepEqual(sandboxLines([]), ['no sandboxes']);
  const away = { ...declared, daemon: `unix:${folder.path}/nothing` };
  await assert.rejects(listSandboxes(away), { code: 'docker-unreachable' });
});
