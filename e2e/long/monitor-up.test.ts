// The monitoring host on this machine with one command: Prometheus, Alertmanager and the blackbox
// exporter in a real Docker, in images made here, looking at the roles of an application host.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { askPrometheus, queryPrometheus, untilTrue } from '../../src/testing/ask-prometheus.ts';
import { dockerEnvironment, dockerSkip } from '../../src/testing/docker-daemon.ts';
import { withMonitoredDocker } from '../../src/testing/monitored-docker.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { run } from '../../src/testing/run-program.ts';
import { checkout } from '../../src/testing/source-tree.ts';

const target = '127.0.0.1:9443';

inOwnNetwork(import.meta.url, { timeoutMs: 280_000 }, () => {
  suite('clincher up --host monitor', { skip: dockerSkip }, () => {
    const { folder, stack, daemon, declare, containers } = withMonitoredDocker();
    const clincher = (...args: readonly string[]) =>
      run([process.execPath, join(checkout, 'src/cli/main.ts'), ...args, '--host', 'monitor'], {
        cwd: folder().path,
        env: dockerEnvironment(daemon().socket),
        deadlineMs: 120_000,
      });

    test('what cannot come up says why, and leaves nothing half up', async () => {
      const taken = await occupied(9090);
      const { code, stderr } = await clincher('up');
      taken.close();
      assert.equal(code, 3, stderr);
      assert.match((await clincher('down')).stdout, /nothing was running/);
      assert.match(stderr, /prometheus did not come up; it said:.*address already in use/s);
      assert.equal(await containers(), '');
    });

    test('one command, and Prometheus gets every role over HTTPS', async () => {
      const { code, stdout, stderr } = await clincher('up');
      assert.equal(code, 0, stderr);
      assert.match(stderr, new RegExp(`it gets the metrics of ${target}`));
      assert.match(stdout, /prometheus +http:\/\/127\.0\.0\.1:9090\//);
      await untilTrue(async () => (await queryPrometheus('clincher_up{service="egress"}')) === '1');
      await untilTrue(async () => (await queryPrometheus('ALERTS{alertname="Watchdog"}')) === '1');
      const rules = JSON.stringify(await askPrometheus('/api/v1/rules'));
      assert.match(rules, /EgressDenialsJump/);
    });

    test('nothing changed, nothing is done; something changed, it is', async () => {
      const ran = await containers();
      const again = await clincher('up');
      assert.match(again.stderr, /nothing changes/, again.stderr);
      assert.equal(await containers(), ran);
      const looked = await queryPrometheus('timestamp(up{job="clincher"})');
      await untilTrue(
        async () => Number(await queryPrometheus('timestamp(up{job="clincher"})')) > Number(looked),
      );
      assert.equal(
        await queryPrometheus('up{job="clincher"}'),
        '1',
        'it still has its certificate',
      );
      await declare(6);
      assert.equal((await clincher('up')).code, 0);
      assert.match(
        JSON.stringify(await askPrometheus('/api/v1/status/config')),
        /scrape_interval: 6s/,
      );
    });

    test('a change that does not come up is taken back, and what ran before runs again', async () => {
      await daemon().cli('stop', 'clincher-monitor-blackbox-1');
      const taken = await occupied(9115);
      await declare(7);
      const { code, stderr } = await clincher('up');
      taken.close();
      assert.equal(code, 3, stderr);
      assert.match(stderr, /blackbox did not come up/);
      await untilTrue(async () => (await queryPrometheus('up{job="clincher"}')) === '1');
      assert.match(
        JSON.stringify(await askPrometheus('/api/v1/status/config')),
        /scrape_interval: 6s/,
      );
      await declare(6);
    });

    test('a scrape that fails is one sentence with its reason', async () => {
      await stack()[Symbol.asyncDispose]();
      await untilTrue(async () => (await queryPrometheus('up{job="clincher"}')) === '0');
      const { code, stderr } = await clincher('up');
      assert.equal(code, 0, stderr);
      assert.match(stderr, new RegExp(`does not get the metrics of ${target}: .*refused`));
    });

    test('down takes them away, and what was collected stays', async () => {
      const down = await clincher('down');
      assert.match(down.stdout, /every service is stopped/, down.stderr);
      assert.equal(await containers(), '');
      assert.match((await clincher('down')).stdout, /nothing was running/);
    });
  });
});

/** A port of loopback that is somebody else's. */
async function occupied(port: number) {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
