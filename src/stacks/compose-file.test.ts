// The forms that Compose has for the same thing, and texts that are none of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClincherError } from '../kit/error.ts';
import { filesNamed, readComposeFile } from './compose-file.ts';
import { checkStack } from './index.ts';
import type { FoundService } from './model.ts';

function serviceOf(yaml: string, files: Readonly<Record<string, string>> = {}): FoundService {
  const text = `services:\n  a:\n    ${yaml.replaceAll('\n', '\n    ')}\n`;
  const [service] = readComposeFile(text, 'c.yaml', new Map(Object.entries(files))).services;
  assert.ok(service !== undefined);
  return service;
}

test('a published port is read in each of its forms', () => {
  const forms: readonly (readonly [
    form: string,
    host: string,
    published: string,
    target: string,
  ])[] = [
    ['"8080:80"', '', '8080', '80'],
    ['"127.0.0.1:8080:80"', '127.0.0.1', '8080', '80'],
    ['"127.0.0.1::80"', '127.0.0.1', '', '80'],
    ['"[::1]:8080:80/udp"', '::1', '8080', '80'],
    ['"[::]:8080:80"', '::', '8080', '80'],
    ['"80"', '', '', '80'],
    ['80', '', '', '80'],
    [`"\${PORT:-9090}:80"`, '', '9090', '80'],
    [`"\${HOST:-127.0.0.1}:9090:80"`, '127.0.0.1', '9090', '80'],
    ['{ target: 80, published: 8080, host_ip: 0.0.0.0 }', '0.0.0.0', '8080', '80'],
    [
      `{ target: 80, published: "8080", host_ip: "\${HOST:-127.0.0.1}" }`,
      '127.0.0.1',
      '8080',
      '80',
    ],
  ];
  for (const [form, ...expected] of forms) {
    const [port] = serviceOf(`ports: [${form}]`).ports;
    assert.deepEqual([port?.host, port?.published, port?.target], expected, form);
  }
});

test('a mount is read in each of its forms', () => {
  const forms: readonly (readonly [form: string, ...expected: readonly (string | boolean)[]])[] = [
    ['./a:/b', 'bind', './a', '/b', false],
    ['/a:/b:ro', 'bind', '/a', '/b', true],
    ['"/a:/b:z,ro"', 'bind', '/a', '/b', true],
    ['~/a:/b', 'bind', '~/a', '/b', false],
    [`"\${HOME}/a:/b"`, 'bind', `\${HOME}/a`, '/b', false],
    [`"\${DATA:-/srv}/a:/b"`, 'bind', '/srv/a', '/b', false],
    ['data:/b', 'volume', 'data', '/b', false],
    ['/b', 'volume', '', '/b', false],
    ['{ type: bind, source: /a, target: /b, read_only: true }', 'bind', '/a', '/b', true],
    ['{ type: volume, source: data, target: /b }', 'volume', 'data', '/b', false],
  ];
  for (const [form, ...expected] of forms) {
    const [mount] = serviceOf(`volumes: [${form}]`).mounts;
    assert.deepEqual([mount?.kind, mount?.source, mount?.target, mount?.readOnly], expected, form);
  }
});

test('variables come from a map, a list and files, the last said wins', () => {
  const list = serviceOf(`environment: ["A=1=2", B, "C=\${D}"]\nenv_file: [x.env]`, {
    'x.env': "# no\nexport A=file\nE='two words'\n",
  });
  assert.deepEqual(
    list.settings.map(({ name, value, at }) => [name, value, at.file, at.line]),
    [
      ['A', '1=2', 'c.yaml', 3],
      ['E', 'two words', 'x.env', 3],
      ['B', null, 'c.yaml', 3],
      ['C', null, 'c.yaml', 3],
    ],
  );
  const map = serviceOf(`environment: { A: 1, B: null, C: "$\${X}" }`, { '.env': 'B=x' });
  const [a, b, c] = map.settings;
  assert.deepEqual([a?.value, b?.value, c?.value], ['1', 'x', null]);
});

test('only what lies with the file is asked for', () => {
  const volumes = ['./a:/a', 'b:/b', '../c:/c', '/d:/d', '~/e:/e', './f/../../g:/g', '$X/h:/h'];
  const text = `services: { s: { volumes: ${JSON.stringify(volumes)}, env_file: ../x.env } }`;
  assert.deepEqual(filesNamed(text, 'c.yaml', new Map()), ['.env', 'a']);
});

test('arguments and capabilities are read as texts and as lists', () => {
  const service = serviceOf(
    `command: sh -c "a || true"\ncap_add: NET_ADMIN\nextra_hosts: { a: b }`,
  );
  assert.deepEqual(service.words, ['sh', '-c', 'a || true']);
  assert.deepEqual(service.lists.cap_add, ['NET_ADMIN']);
  assert.deepEqual(service.lists.extra_hosts, ['a:b']);
});

const inFiles = (files: Readonly<Record<string, string>>) =>
  readComposeFile(files['c.yaml'] ?? '', 'c.yaml', new Map(Object.entries(files)));

test('what is included and extended counts, in the order that Compose has', () => {
  const { services, notRead } = inFiles({
    'c.yaml': `include: [a/a.yaml]
services: { s: { extends: { file: a/a.yaml, service: base }, environment: [X=own], command: own } }`,
    'a/a.yaml': `include: [{ path: [b.yaml] }]
services: { base: { environment: { X: base, Y: 1 }, command: base, cap_add: [A], env_file: e } }`,
    'a/b.yaml': `services: { inner: { image: "\${TAG}", volumes: [./v:/v, w:/w] } }`,
    'a/.env': 'TAG=of-a',
  });
  assert.deepEqual(
    notRead.map(({ what }) => what),
    [...['its file of variables a/e', 'its file of variables a/e']],
  );
  const [inner, base, own] = services;
  assert.deepEqual(
    [inner?.name, inner?.image, inner?.mounts[0]?.source],
    ['inner', 'of-a', './a/v'],
  );
  assert.equal(base?.name, 'base');
  assert.deepEqual([own?.words, own?.lists.cap_add], [['own'], ['A']]);
  assert.deepEqual(
    own?.settings.map(({ name, value, at }) => [name, value, at.file, at.line]),
    [
      ['X', 'own', 'c.yaml', 2],
      ['Y', '1', 'a/a.yaml', 2],
    ],
  );
});

const circles: readonly (readonly [name: string, files: Readonly<Record<string, string>>])[] = [
  ['a file that includes itself', { 'c.yaml': 'include: [c.yaml]\nservices: { s: {} }' }],
  [
    'two files that include each other',
    { 'c.yaml': 'include: [d.yaml]\nservices: { s: {} }', 'd.yaml': 'include: [c.yaml]' },
  ],
  ['a service that extends itself', { 'c.yaml': 'services: { s: { extends: s } }' }],
  [
    'two services that extend each other',
    { 'c.yaml': 'services: { s: { extends: t }, t: { extends: s } }' },
  ],
  ['a file of another folder', { 'c.yaml': 'include: [../d.yaml]\nservices: { s: {} }' }],
  ['a file of the machine', { 'c.yaml': 'include: [/etc/d.yaml]\nservices: { s: {} }' }],
  ['a service that is not there', { 'c.yaml': 'services: { s: { extends: constructor } }' }],
];
for (const [name, files] of circles) {
  test(`it is said, and goes no further: ${name}`, () => {
    const { services, notRead } = inFiles(files);
    assert.ok(services.length > 0);
    assert.match(notRead.map(({ what }) => what).join(), /what it (includes|extends)/);
    const asked = filesNamed(files['c.yaml'] ?? '', 'c.yaml', new Map(Object.entries(files)));
    assert.ok(asked.every((path) => !path.startsWith('..') && !path.startsWith('/')));
  });
}

test('a file that does not lie with the first is not read, also where it is at hand', () => {
  for (const path of ['../d.yaml', '/etc/d.yaml', 'a/../../d.yaml', '~/d.yaml']) {
    const d = 'services: { d: { image: d } }';
    const files = { 'c.yaml': `include: ["${path}"]\nservices: { s: {} }`, [path]: d };
    const { services, notRead } = inFiles({ ...files, '../d.yaml': d });
    assert.deepEqual([services.map(({ name }) => name), notRead.length], [['s'], 1], path);
  }
});

test('includes of includes end, and so do the files that are included', () => {
  const chain = Object.fromEntries(
    Array.from({ length: 12 }, (_, at) => [
      at === 0 ? 'c.yaml' : `${at}.yaml`,
      `include: [${at + 1}.yaml]\nservices: { s${at}: {} }`,
    ]),
  );
  const deep = inFiles(chain);
  assert.deepEqual([deep.services.length, deep.notRead.length], [9, 1]);
  const names = Array.from({ length: 60 }, (_, at) => `${at}.yaml`);
  const wide = inFiles({
    ...Object.fromEntries(names.map((name, at) => [name, `services: { s${at}: {} }`])),
    'c.yaml': `include: [${names.join()}]\nservices: { s: {} }`,
  });
  assert.deepEqual([wide.services.length, wide.notRead.length], [51, 10]);
});

test('what is no stack is refused, and says where', () => {
  for (const text of ['', 'services:', 'services: []', 'a: {', '- 1'])
    assert.throws(
      () => readComposeFile(text, 'c.yaml', new Map()),
      { code: 'config-invalid' },
      text,
    );
});

test('whatever a file says, there is an answer', () => {
  const scalar = fc.oneof(
    fc.string({ maxLength: 12 }),
    ...[fc.integer(), fc.boolean(), fc.constant(null)],
    fc.constantFrom('host', 'service:a', 'service:b', '/var/run/docker.sock:/x', '$A'),
  );
  const key = fc.constantFrom(
    ...['image', 'command', 'ports', 'volumes', 'networks', 'network_mode', 'environment'],
    ...[
      'env_file',
      'configs',
      'secrets',
      'extends',
      'include',
      'extra_hosts',
      'cap_add',
      'deploy',
      'healthcheck',
      'x',
    ],
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      ...[scalar, fc.array(tie('value'), { maxLength: 3 })],
      fc.dictionary(fc.oneof(key, fc.string({ maxLength: 6 })), tie('value'), { maxKeys: 4 }),
    ),
  }));
  const services = fc.dictionary(fc.constantFrom('a', 'b', 'openclaw', 'squid'), value);
  fc.assert(
    fc.property(services, value, value, (all, networks, file) => {
      const text = JSON.stringify({ services: all, networks, configs: networks });
      try {
        const files = new Map([['squid.conf', JSON.stringify(file)]]);
        const findings = checkStack(readComposeFile(text, 'c.yaml', files), 'a');
        assert.ok(findings.every(({ message }) => message !== ''));
      } catch (error) {
        assert.ok(error instanceof ClincherError, String(error));
      }
    }),
    { numRuns: 400 },
  );
});
