// Verification of a stack of containers: nothing differs as it is, and each hole that is planted is
// found. Real containers, real roles; the agent's place is taken by a small program. The holes are
// planted together, each in its place, because a stack of containers takes its time. What is open
// where services share a network: long/docker-reference.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { defaultPlace } from '../src/kit/place.ts';
import type { ServicePlan } from '../src/plan/model.ts';
import { inside } from '../src/plan/paths.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
  sandboxImage,
} from '../src/testing/docker-daemon.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { openNextDoor } from '../src/testing/next-door.ts';
import { askPeeking, lingering, peekingAgent, withAgent } from '../src/testing/peeking-agent.ts';
import { differences } from '../src/testing/raw-verification.ts';
import { run } from '../src/testing/run-program.ts';
import { openVerifiedContainers } from '../src/testing/verified-containers.ts';
import type { VerifiedStack } from '../src/testing/verified-stack.ts';
import type { StackOptions } from '../src/topology/options.ts';
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

if (dockerSkip !== false) test('verification of containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, tests);

function tests(): void {
  describe('sealed, but for a program of the user’s own', () => {
    const { stack } = openVerifiedContainers('sealed', withBox);

    test('what runs is what was declared', async (context) => {
      const report = await stack().verify();
      assert.deepEqual(differences(report), []);
      // The user's own program alone has addresses; who shares no edge with it has none.
      const reached = report.rows.filter(
        ({ via, declared }) => via === 'tcp4' && declared !== null,
      );
      const edges = reached
        .map(({ from, to }) => `${from} ${to}`)
        .filter((one) => !/^people/.test(one));
      assert.deepEqual(edges.toSorted(), ['box llm', 'gateway box']);
      assert.match(await stack().driver.probe('gateway', askBox, {}, 30_000), /404 Not Found/);
      context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
    });

    test('the agent sees a probe, and can neither read it nor write to it', async () => {
      await stack().plant('gateway', withAgent(peekingAgent));
      await stack().driver.probe('gateway', lingering, null, 30_000, true);
      const seen = await stack().driver.probe('gateway', askPeeking, null, 30_000, true);
      const denied = ['environ EACCES', 'fd/0 EACCES', 'fd/1 EACCES', 'mem EACCES'];
      assert.deepEqual(JSON.parse(seen), denied);
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
        // Who shares an edge with the agent reaches what it opens to the world.
        'box -> gateway tcp4 N:18789: open',
      ];
      assert.deepEqual(found.toSorted(), expected.toSorted());
    });
  });

  describe('with a network for each edge', () => {
    const { stack, daemon } = openVerifiedContainers('segmented', withBox);

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
      // What is tried at the host's own outside addresses is what another machine finds.
      const outside = report.rows.find(({ what }) => what === 'port 8443 from outside');
      assert.equal(outside?.observed, 'absent');
      using neighbour = await openNextDoor();
      assert.equal(await neighbour.reaches(neighbour.here, 8_443), false);
      context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
    });

    test('who routes by this machine to a bridge reaches what is published, at most', async () => {
      using neighbour = await openNextDoor();
      // As on a machine that forwards for others anyway: Docker leaves that as it is.
      const { code, stderr } = await run(['iptables', '--policy', 'FORWARD', 'ACCEPT']);
      assert.equal(code, 0, stderr);
      const places = stack().plan.services.flatMap(({ name, answers = [], bridges = [] }) => {
        const ports = answers.map(({ address }) => Number(address.split(':')[2]));
        return bridges.flatMap(({ address }) => ports.map((port) => ({ name, address, port })));
      });
      const reached = await Promise.all(
        places.map(async ({ name, address, port }) =>
          (await neighbour.reaches(address, port)) ? [`${name} ${port}`] : [],
        ),
      );
      // Docker 28 is the first that drops it: `up` says what an older one costs.
      const version = await daemon().cli('version', '--format', '{{.Server.Version}}');
      const isOld = Number.parseInt(version.stdout, 10) < 28;
      assert.deepEqual(reached.flat(), isOld ? ['ingress 8443'] : []);
      assert.ok(places.length > 20, String(places.length));
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
        'people -> ingress tcp4 port 8443 from outside: open',
        'docker-proxy -> kernel rights rights that its container was given: open',
        'llm -> kernel rights another image than the planned one: open',
      ];
      const missing = expected.filter((line) => !found.includes(line));
      assert.deepEqual(missing, [], found.join('\n'));
      const reached = found.filter((line) => /^metrics -> egress tcp4 .*:4750: open$/.test(line));
      assert.equal(reached.length, 1, found.join('\n'));
      using neighbour = await openNextDoor();
      assert.equal(await neighbour.reaches(neighbour.here, 8_443), true);
    });
  });
}

function withoutNumbers(line: string): string {
  return line.replace(/process \d+:/, 'process N:').replace(/tcp4 [\d.]+:18789/, 'tcp4 N:18789');
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
