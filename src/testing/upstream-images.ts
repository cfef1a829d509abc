// Images under the names that the rendered compose.yaml asks a registry for, with the same programs
// in them, so that a daemon without a registry brings the file up as it is written.

import { existsSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureImage, imageStore } from '../cli/image/own.ts';
import { findPrograms } from '../cli/install/programs.ts';
import { containerArgv } from '../cli/installation.ts';
import { loadIntoDocker } from '../images/docker.ts';
import { runCommand } from '../kit/run-command.ts';
import { images, upstream } from '../topology/pins.ts';
import { type DockerDaemon, dockerEnvironment } from './docker-daemon.ts';
import { redisEightFolder } from './redis-eight.ts';
import { run } from './run-program.ts';
import { tecnativaConfig } from './tecnativa-config.ts';
import { upstreamPrograms } from './upstream-programs.ts';

/** As compose calls what it would build. */
export const smokescreenImage = 'openclaw-openclaw-egress';

/** `nc -z HOST PORT`: what Alpine's has and Debian's busybox has not. */
const netcat = '#!/bin/bash\nexec 3<>"/dev/tcp/$2/$3"\n';

interface StandIn {
  readonly image: string;
  /** Of the context, by its name there: a folder or a file of this machine. */
  readonly copied: Readonly<Record<string, string>>;
  readonly written?: Readonly<Record<string, string>>;
  readonly dockerfile: string;
}

/** `caPem`: what LiteLLM trusts beside nobody. */
export async function makeUpstreamImages(daemon: DockerDaemon, caPem: string): Promise<void> {
  const env = dockerEnvironment(daemon.socket);
  const [sandbox, roles] = await Promise.all([ensureImage('sandbox'), ensureImage('roles')]);
  await loadIntoDocker(imageStore(), ['sandbox', 'roles'], { run: runCommand, env });
  for (const { image, copied, written = {}, dockerfile } of standIns(caPem, roles.reference)) {
    const context = join(daemon.folder, 'context');
    const tools = join(context, 'tools');
    await mkdir(tools, { recursive: true });
    const { busybox = '' } = await findPrograms(['busybox'], process.env.PATH ?? '');
    await cp(busybox, join(tools, 'busybox'));
    await symlink('busybox', join(tools, 'wget'));
    await writeFile(join(tools, 'nc'), netcat, { mode: 0o755 });
    for (const [name, path] of Object.entries(copied)) {
      await cp(path, join(context, name), { recursive: true, verbatimSymlinks: true });
    }
    for (const [name, text] of Object.entries(written)) await writeFile(join(context, name), text);
    const text = `FROM ${sandbox.reference}\nUSER root\nCOPY tools /usr/local/bin/\n${dockerfile}`;
    await writeFile(join(context, 'Dockerfile'), text);
    await must(['docker', 'build', '--quiet', '--tag', image, context], env);
    await must(['rm', '-rf', context], env);
  }
}

function standIns(caPem: string, roles: string): readonly StandIn[] {
  const { haproxy, litellm, smokescreen } = upstreamPrograms;
  return [
    { image: upstream.openclaw, copied: {}, dockerfile: 'WORKDIR /root\n' },
    {
      image: upstream.dockerProxy,
      copied: { haproxy: join(haproxy, 'usr') },
      written: { 'haproxy.cfg': tecnativaConfig() },
      dockerfile: [
        'COPY haproxy /usr',
        'COPY haproxy.cfg /etc/haproxy.cfg',
        'ENV EVENTS=1 PING=1 VERSION=1',
        'CMD ["/usr/sbin/haproxy", "-W", "-db", "-f", "/etc/haproxy.cfg"]',
        '',
      ].join('\n'),
    },
    {
      image: upstream.litellm,
      copied: { litellm, libraries: join(haproxy, 'usr/lib') },
      written: { 'ca.pem': caPem },
      dockerfile: [
        'COPY libraries /usr/lib',
        'COPY litellm /opt/litellm',
        'COPY ca.pem /etc/ssl/ca.pem',
        'ENV PYTHONPATH=/opt/litellm SSL_CERT_FILE=/etc/ssl/ca.pem',
        'WORKDIR /app',
        'ENTRYPOINT ["/usr/bin/python3", "/opt/litellm/bin/litellm"]',
        '',
      ].join('\n'),
    },
    existsSync(smokescreen)
      ? {
          image: smokescreenImage,
          copied: { smokescreen },
          dockerfile: 'COPY smokescreen /usr/local/bin/\nENTRYPOINT ["smokescreen"]\n',
        }
      : ourEgress(roles),
    {
      image: images.redis,
      copied: {
        redis: join(redisEightFolder, 'usr'),
        'redisearch.so': join(redisEightFolder, 'redisearch.so'),
      },
      dockerfile: 'COPY redis /usr\nCOPY redisearch.so /opt/redis-stack/lib/\n',
    },
  ];
}

/**
 * By the same ACL, where Smokescreen cannot be had; what compose tells the other it passes over.
 */
function ourEgress(roles: string): StandIn {
  const settings = {
    ...{ service: 'egress', admin: [], rules: [], unsafeAllowAddresses: ['198.51.100.0/24'] },
    listen: [{ address: 'tcp:0.0.0.0:4750', caller: 'anybody' }],
    policyFile: {
      ...{ path: '/etc/smokescreen/acl.yaml', format: 'smokescreen' },
      smokescreen: { anyPort: true, plaintext: true },
    },
  };
  const [node, ...argv] = containerArgv.serveArgv('egress').with(-1, '/etc/egress.json');
  return {
    image: smokescreenImage,
    copied: { libraries: join(upstreamPrograms.haproxy, 'usr/lib') },
    written: { 'egress.json': JSON.stringify(settings) },
    dockerfile: [
      ...['COPY libraries /usr/lib', `COPY --from=${roles} /opt /opt`, 'COPY egress.json /etc/'],
      `ENTRYPOINT ["/bin/bash", "-c", "exec ${[node, ...argv].join(' ')}"]`,
      '',
    ].join('\n'),
  };
}

async function must(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const legacy = { ...env, DOCKER_BUILDKIT: '0' };
  const { code, stdout, stderr } = await run(argv, { env: legacy, deadlineMs: 300_000 });
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stdout}${stderr}`);
}
