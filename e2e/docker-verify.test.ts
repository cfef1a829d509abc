// Verification of a stack of containers: nothing differs as it is, and each hole that is planted is
// found. Real containers, real roles; the agent's place is taken by a small program. The holes are
// planted together, each in its place, because a stack of containers takes its time.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureImage, imageStore } from '../src/cli/image/own.ts';
import { loadIntoDocker } from '../src/images/docker.ts';
import { defaultPlace } from '../src/kit/place.ts';
import { runCommand } from '../src/kit/run-command.ts';
import type { ServicePlan } from '../src/plan/model.ts';
import { inside } from '../src/plan/paths.ts';
import { type OutsideCanaries, openOutside } from '../src/testing/canary-outside.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
  sandboxImage,
} from '../src/testing/docker-daemon.ts';
import { openDockerPlace } from '../src/testing/docker-world.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { differences } from '../src/testing/raw-verification.ts';
import { run } from '../src/testing/run-program.ts';
import { bringUpVerified, type VerifiedStack } from '../src/testing/verified-stack.ts';
import type { StackOptions } from '../src/topology/options.ts';
import { images } from '../src/topology/pins.ts';
import { plantedHoles } from '../src/verify/selftest/holes.ts';

/** A program in an image without Node, that the agent may ask and that may ask for models. */
const withBox: Partial<StackOptions> = {
  services: [
    {
      ...{ name: 'box', zone: 'openclaw-net', image: sandboxImage, at: defaultPlace() },
      argv: ['/bin/busybox', 'httpd', '-f', '-p', '8080', '-h', '/tmp'],
    },
  ],
  edges: [
    { from: 'gateway', to: 'box', port: '8080', at: defaultPlace() },
    { from: 'box', to: 'llm', port: 'api', at: defaultPlace() },
  ],
};

/** At the port of its own, on the loopback of the agent's container. */
const askBox = `const answer = await fetch('http://127.0.0.1:8080/nothing');
console.log(await answer.text());`;

/** On openclaw-net each reaches each; metrics has no port there. */
const sharing = ['docker-proxy', 'egress', 'gateway', 'llm', 'redis'];
/** On proxy-net, too. */
const atTheDoor = ['gateway', 'ingress', 'metrics', 'monitor-ingress'];
/** Drawn, and the callee has no other port on their network. */
const drawnWhole = ['llm -> redis', 'ingress -> gateway'];

function openBeyondTheDrawing(): readonly string[] {
  const pairs = (from: readonly string[], to: readonly string[]) =>
    from.flatMap((caller) =>
      to.filter((callee) => callee !== caller).map((callee) => `${caller} -> ${callee}`),
    );
  const all = [...pairs([...sharing, 'metrics'], sharing), ...pairs(atTheDoor, atTheDoor)];
  return [...new Set(all)].filter((pair) => !drawnWhole.includes(pair)).toSorted();
}

if (dockerSkip !== false) test('verification of containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, tests);

function tests(): void {
  let outside: OutsideCanaries;
  before(async () => {
    outside = await openOutside();
  });
  after(() => outside?.[Symbol.asyncDispose]());

  describe('without networks', () => {
    const { stack } = opened('sealed');

    test('what runs is what was declared', async (context) => {
      const report = await stack().verify();
      assert.deepEqual(differences(report), []);
      context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
    });

    test('verification finds every hole that it finds in jails', async () => {
      const holes = plantedHoles.filter(({ ofJails }) => ofJails !== true);
      const services = new Set(holes.map(({ service }) => service));
      for (const service of services) {
        const own = holes.filter((hole) => hole.service === service);
        await stack().plant(service, (plan) => {
          let changed: ServicePlan = plan;
          for (const { change } of own)
            changed = Object.assign({}, changed, change(changed, stack()));
          return changed;
        });
      }
      const found = differences(await stack().verify()).map(withoutNumbers);
      // A secret is a mount of its own here, and in a jail one file of a folder.
      const secret = `${inside.secrets}/provider-anthropic-key`;
      const expected = [
        ...holes.flatMap((hole) => hole.expected),
        `gateway -> host mount ${secret}: open`,
      ];
      assert.deepEqual(found.toSorted(), expected.toSorted());
    });
  });

  describe('with the networks of the reference', () => {
    const { stack } = opened('reference', { preset: 'reference' }, bringRedis);

    test('every pair that shares a network is found open beyond what is drawn', async (context) => {
      const report = await stack().verify();
      const found = report.rows.filter(({ verdict }) => verdict === 'difference');
      const services = new Set(stack().plan.services.map(({ name }) => name));
      const between = found.filter(({ from, to }) => services.has(from) && services.has(to));
      assert.ok(between.every(({ via }) => via === 'tcp4'));
      const pairs = new Set(between.map(({ from, to }) => `${from} -> ${to}`));
      assert.deepEqual([...pairs].toSorted(), openBeyondTheDrawing());
      const rest = found.filter((row) => !between.includes(row));
      // Such a network has an address of the host on it, and by that what the host itself reaches.
      const ofTheHost = ['host', 'internet', 'metadata', 'resolver'];
      const others = rest.filter(({ to }) => !ofTheHost.includes(to));
      assert.deepEqual(
        others.map(({ from, what, evidence }) => `${from} ${what}: ${evidence}`),
        [],
      );
      const gateways = rest.filter(({ to, what }) => to === 'host' && what.endsWith(':9'));
      assert.deepEqual([...new Set(gateways.map(({ from }) => from))].toSorted(), [
        'docker-proxy',
        'llm',
        'redis',
      ]);
      context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
    });
  });

  describe('with a network for each edge', () => {
    const { stack, daemon } = opened('segmented', withBox);

    test('what runs is what was declared', async (context) => {
      const report = await stack().verify();
      assert.deepEqual(differences(report), []);
      assert.ok(
        report.rows.some(({ from, to, via }) => `${from} ${to} ${via}` === 'gateway llm tcp4'),
      );
      // The user's own program tried as much as any other, and reached what is declared.
      const ofBox = report.rows.filter(({ from, to }) => from === 'box' && to !== 'kernel');
      const reached = ofBox.filter(({ observed, via }) => observed === 'open' && via !== 'write');
      assert.deepEqual([...new Set(reached.map(({ to, via }) => `${to} ${via}`))], ['llm tcp4']);
      assert.ok(ofBox.length > 50, String(ofBox.length));
      context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
    });

    test('the agent reaches a service of the user’s own at a port of its loopback', async () => {
      const answer = await stack().driver.probe('gateway', askBox, {}, 30_000);
      assert.match(answer, /404 Not Found/);
    });

    test('verification finds what only containers have', async () => {
      const project = await networksOf(daemon());
      // On two networks: metrics gets to where llm has its way to egress.
      const other = `${project}_openclaw-net.llm--egress`;
      const metrics = await idOf(daemon(), 'metrics');
      await daemon().cli('network', 'connect', other, metrics);
      // A port published to the world, an added capability, another image.
      await stack().plant('ingress', ({ inherits }) => ({
        inherits: inherits.map(({ port }) => ({ host: '0.0.0.0', port })),
      }));
      await remake(stack(), daemon(), 'docker-proxy', 'cap_add: [ NET_RAW ]');
      const image = await daemon().cli('commit', await idOf(daemon(), 'llm'), 'another:1');
      assert.equal(image.code, 0, image.stderr);
      await remake(stack(), daemon(), 'llm', 'image: another:1');
      const found = differences(await stack().verify()).map(withoutNumbers);
      const expected = [
        'metrics -> kernel rights a network beside the planned ones: open',
        'metrics -> kernel rights an interface besides those of its networks: open',
        'people -> ingress listener 0.0.0.0:8443: open',
        'docker-proxy -> kernel rights rights that its container was given: open',
        'llm -> kernel rights another image than the planned one: open',
      ];
      const missing = expected.filter((line) => !found.includes(line));
      assert.deepEqual(missing, [], found.join('\n'));
      const reached = found.filter((line) => /^metrics -> egress tcp4 .*:4750: open$/.test(line));
      assert.equal(reached.length, 1, found.join('\n'));
    });
  });
}

/** Redis of the distribution stands in for the image that the reference names. */
async function bringRedis(daemon: DockerDaemon): Promise<void> {
  const { reference } = await ensureImage('redis');
  await loadIntoDocker(imageStore(), ['redis'], {
    run: runCommand,
    env: dockerEnvironment(daemon.socket),
  });
  const { code, stderr } = await daemon.cli('tag', reference, images.redis);
  assert.equal(code, 0, stderr);
}

function opened(
  isolation: 'sealed' | 'segmented' | 'reference',
  options: Partial<StackOptions> = {},
  bring: (daemon: DockerDaemon) => Promise<void> = async () => {},
) {
  let stack: VerifiedStack;
  let daemon: DockerDaemon;
  before(async () => {
    stack = await bringUpVerified(async (secrets) => {
      const place = await openDockerPlace(isolation, secrets);
      daemon = place.daemon;
      await bring(daemon);
      return { ...place, options: { ...place.options, ...options } };
    });
  });
  after(() => stack?.[Symbol.asyncDispose]());
  return { stack: () => stack, daemon: () => daemon };
}

function withoutNumbers(line: string): string {
  return line.replace(/process \d+:/, 'process N:');
}

async function idOf(daemon: DockerDaemon, service: string): Promise<string> {
  const { stdout } = await daemon.cli('ps', '-q', '--filter', `label=clincher.service=${service}`);
  return stdout.trim();
}

async function networksOf(daemon: DockerDaemon): Promise<string> {
  const { stdout } = await daemon.cli('network', 'ls', '--format', '{{.Name}}');
  return /^(clincher-\w+)_/m.exec(stdout)?.[1] ?? assert.fail(stdout);
}

/** By hand, as somebody would who changes the file that clincher wrote. */
async function remake(stack: VerifiedStack, daemon: DockerDaemon, service: string, line: string) {
  const file = join(stack.stateDir, 'docker/compose.yaml');
  const text = readFileSync(file, 'utf8');
  const start = `  ${service}:\n    <<: *every-service\n`;
  assert.ok(text.includes(start));
  const [key = ''] = line.split(':');
  const [head = '', tail = ''] = text.split(start);
  const rest = key === 'image' ? tail.replace(/^ {4}image: .*\n/, '') : tail;
  writeFileSync(file, `${head}${start}    ${line}\n${rest}`);
  const up = [
    'docker',
    'compose',
    '--file',
    file,
    'up',
    '--detach',
    '--no-deps',
    '--wait',
    service,
  ];
  const { code, stderr } = await run(up, { env: dockerEnvironment(daemon.socket) });
  writeFileSync(file, text);
  assert.equal(code, 0, stderr);
}
