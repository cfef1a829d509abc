// `clincher deploy --host monitor` whole: over the real sshd to a host with a Docker of its own and
// no image, where Prometheus and its companions come up and look at the roles of an application
// host; and what goes wrong on the way leaves what ran before.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { askPrometheus, queryPrometheus, untilTrue } from '../../src/testing/ask-prometheus.ts';
import { dockerEnvironment } from '../../src/testing/docker-daemon.ts';
import { withFarHost } from '../../src/testing/far-host.ts';
import { withMonitoredDocker } from '../../src/testing/monitored-docker.ts';
import { run } from '../../src/testing/run-program.ts';
import { checkout } from '../../src/testing/source-tree.ts';

withFarHost(
  import.meta.url,
  (box) => {
    suite('clincher deploy --host monitor', () => {
      const { folder, stack, daemon, declare, containers } = withMonitoredDocker();
      const clincher = (...args: readonly string[]) =>
        run([process.execPath, join(checkout, 'src/cli/main.ts'), ...args], {
          cwd: folder().path,
          env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent' },
          deadlineMs: 240_000,
        });
      const deploy = (...more: readonly string[]) => {
        const to = ['--to', 'box', '--ssh-config', box().configFile];
        return clincher('deploy', '--host', 'monitor', ...to, ...more);
      };
      const told = async () => JSON.stringify(await askPrometheus('/api/v1/status/config'));

      test('a host without Docker is refused, and left as it is', async () => {
        await box().useDocker({ DOCKER_HOST: 'unix:///nothing.sock', DOCKER_CONFIG: '/nothing' });
        const { code, stderr } = await deploy();
        assert.match(stderr, /box: Docker does not answer root/);
        assert.equal(code, 3);
        assert.equal(existsSync(join(box().home, 'clincher-monitor/releases')), false);
        await box().useDocker(dockerEnvironment(daemon().socket));
      });

      test('a dry run says all that would be done, and does nothing', async () => {
        const { code, stdout, stderr } = await deploy('--dry-run');
        assert.equal(code, 0, stderr);
        assert.match(stdout, /sends clincher\/prometheus:\w+ \(\d+ MB\)/);
        assert.match(stdout, /secrets\/prometheus\/monitor-client-key/);
        assert.match(
          stdout,
          /starts its programs, and looks whether they see the application host/,
        );
        assert.match(stderr, /grafana is declared and not started: Docker there has no image/);
        assert.match(stderr, /nothing was done/);
        assert.equal(await box().read('clincher-monitor/images.json'), null);
        assert.equal(await containers(), '');
      });

      test('what does not come up on an empty host leaves nothing half up', async () => {
        const taken = await answering(9115, 404);
        const { code, stderr } = await deploy();
        taken.close();
        assert.match(stderr, /something listens on port 9115 already/);
        assert.equal(code, 3);
        assert.equal(await containers(), '');
      });

      test('one command: images sent and checked, programs up, the application host seen', async () => {
        const { code, stderr } = await deploy();
        assert.equal(code, 0, stderr);
        assert.match(stderr, /alertmanager.* run$/m);
        assert.match(stderr, /it gets the application host's metrics/);
        await untilTrue(
          async () => (await queryPrometheus('clincher_up{service="egress"}')) === '1',
        );
        await untilTrue(
          async () => (await queryPrometheus('ALERTS{alertname="Watchdog"}')) === '1',
        );
        const names = await readdir(join(box().home, 'clincher-monitor/current/secrets'), {
          recursive: true,
        });
        assert.deepEqual(names.filter((name) => name.includes('/')).sort(), [
          'blackbox/ingress-ca',
          'prometheus/monitor-ca',
          'prometheus/monitor-client-cert',
          'prometheus/monitor-client-key',
        ]);
        assert.equal(existsSync(join(box().home, 'clincher-monitor/state')), false);
      });

      test('a second one sends nothing and starts nothing anew', async () => {
        const ran = await containers();
        const { code, stdout, stderr } = await deploy();
        assert.equal(code, 0, stderr);
        assert.match(stdout, /sends no release/);
        assert.doesNotMatch(stderr, /sending/);
        assert.equal(await containers(), ran);
      });

      test('an image that is another one there is sent again', async () => {
        const list = JSON.parse((await box().read('clincher-monitor/current/images.json')) ?? '[]');
        const { reference, imageId } = list[2];
        await daemon().cli('tag', daemon().image, reference);
        const { code, stdout, stderr } = await deploy();
        assert.equal(code, 0, stderr);
        assert.match(stdout, new RegExp(`sends ${reference}`));
        const id = await daemon().cli('image', 'inspect', '--format', '{{.Id}}', reference);
        assert.equal(id.stdout.trim(), imageId);
      });

      test('a change is taken; one whose programs do not come up is taken back', async () => {
        await declare(6);
        assert.equal((await deploy()).code, 0);
        assert.match(await told(), /scrape_interval: 6s/);
        await daemon().cli('stop', 'clincher-monitor-blackbox-1');
        const taken = await answering(9115, 404);
        await declare(7);
        const { code, stderr } = await deploy();
        assert.equal(code, 3, stderr);
        assert.match(stderr, /blackbox did not come up/);
        taken.close();
        await declare(6);
        assert.equal((await deploy()).code, 0);
        assert.match(await told(), /scrape_interval: 6s/);
        assert.equal(await queryPrometheus('up{job="clincher"}'), '1');
      });

      test('one that no longer sees the application host gives way to the one before', async () => {
        await declare(6, ', target: 127.0.0.1:9444');
        const { code, stderr } = await deploy();
        assert.equal(code, 3, stderr);
        assert.match(stderr, /no longer gets the application host's metrics: .*9444.*refused/);
        assert.match(stderr, /runs again/);
        await declare(6);
        await untilTrue(async () => (await queryPrometheus('up{job="clincher"}')) === '1');
      });

      test('an application host that is not there is said in one sentence, and no reason', async () => {
        await stack()[Symbol.asyncDispose]();
        await untilTrue(async () => (await queryPrometheus('up{job="clincher"}')) === '0');
        const { code, stderr } = await deploy();
        assert.equal(code, 0, stderr);
        assert.match(stderr, /it does not get the application host's metrics: .*refused/);
      });
    });
  },
  { timeoutMs: 900_000 },
);

/** Somebody else's at a port of loopback. */
async function answering(port: number, status: number): Promise<Server> {
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}
