// What a monitoring host in containers is tried with: the roles that it looks at, a Docker for its
// programs, and a folder with the configuration of both. There before the tests, gone after them.

import { writeFile } from 'node:fs/promises';
import { after, before } from 'node:test';
import { type DockerDaemon, startDockerDaemon } from './docker-daemon.ts';
import { type MonitoredStack, startMonitoredStack } from './monitored-stack.ts';
import { type Folder, temporaryFolder } from './wire.ts';

/** `more` stands behind the rest of the section `monitoring`. */
const config = (scrapeSeconds: number, more: string) => `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
monitoring: { host: true, scrapeSeconds: ${scrapeSeconds}${more} }
`;

export function withMonitoredDocker() {
  const opened = new AsyncDisposableStack();
  let folder: Folder;
  let stack: MonitoredStack;
  let daemon: DockerDaemon;
  const declare = (scrapeSeconds: number, more = '') =>
    writeFile(`${folder.path}/clincher.yaml`, config(scrapeSeconds, more));
  before(async () => {
    folder = opened.use(await temporaryFolder());
    await declare(5);
    stack = opened.use(await startMonitoredStack(folder.path));
    daemon = opened.use(await startDockerDaemon({ networks: 'here' }));
  });
  after(() => opened.disposeAsync());
  return {
    folder: () => folder,
    stack: () => stack,
    daemon: () => daemon,
    declare,
    /** The ids of those that run, a line each. */
    containers: async () => (await daemon.cli('ps', '--quiet', '--no-trunc')).stdout.trim(),
  };
}
