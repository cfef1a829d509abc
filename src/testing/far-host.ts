// A host to deploy to, in a network of the test's own: the real sshd, a user with a folder of its
// own, and a program that plays a stack but switches with ours.

import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { findPrograms } from '../cli/install/programs.ts';
import type { Cargo, CargoFile } from '../deploy/cargo.ts';
import { layerBytes } from '../images/layer.ts';
import { runCommand } from '../kit/run-command.ts';
import { must } from './far-machine.ts';
import { freePort } from './free-port.ts';
import { inOwnNetwork, type NetworkOptions } from './netns.ts';
import { checkout } from './source-tree.ts';
import { prepareForSshd, sshdProgram, sshServerEnvironment, sshServerRoot } from './ssh-server.ts';
import { tempDir } from './temp-dir.ts';

export interface FarHost extends AsyncDisposable {
  /** For ssh -F. */
  readonly configFile: string;
  readonly knownHosts: string;
  readonly home: string;
  /** Ends every connection there is, as a cut wire would. */
  cut(): Promise<void>;
  /** Its Docker from now on is the one of this environment. */
  useDocker(variables: Readonly<Record<string, string>>): Promise<void>;
  /** A PATH with an ssh that knows it as `box`, for programs that take no -F. */
  sshFirst(): Promise<string>;
  /** Below the home; null where there is none. */
  read(path: string): Promise<string | null>;
  /** What the program that plays a stack was last brought up as. */
  running(): Promise<string | null>;
  /** The name of the release that is current. */
  current(): Promise<string | null>;
}

/** As root, in a network of its own: tests with one host, which `box` gives while they run. */
export function withFarHost(
  url: string,
  tests: (box: () => FarHost) => void,
  network: NetworkOptions = {},
): void {
  if (process.getuid?.() !== 0) {
    test('deploying', { skip: 'sshd lets others in only as root' }, () => undefined);
    return;
  }
  inOwnNetwork(url, network, () => {
    const dir = tempDir();
    let host: FarHost | null = null;
    before(async () => {
      await must('mount -t tmpfs none /run');
      host = await farHost(dir.path);
    });
    tests(() => {
      if (host === null) throw new Error('not before the tests run');
      return host;
    });
    // What the tests leave behind is taken away before the host: such hooks run in their order.
    after(async () => {
      await host?.[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    });
  });
}

async function farHost(folder: string): Promise<FarHost> {
  await chmod(folder, 0o755);
  const home = join(folder, 'home');
  const key = (name: string) => join(folder, name);
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  for (const name of ['host_key', 'id']) {
    await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key(name)]);
  }
  await writeFile(join(home, '.ssh/authorized_keys'), await readFile(key('id.pub')), {
    mode: 0o600,
  });
  await prepareForSshd([`deployer:x:0:0::${home}:/bin/sh`]);
  const port = await freePort();
  const session = join(sshServerRoot, 'usr/lib/openssh/sshd-session');
  await writeFile(
    key('sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${key('host_key')}`,
      'UsePAM no',
      'PidFile none',
      'PermitRootLogin prohibit-password',
      'PermitUserEnvironment yes',
      ...(existsSync(session) ? [`SshdSessionPath ${session}`] : []),
      '',
    ].join('\n'),
  );
  const env = sshServerEnvironment();
  const sshd = spawn(sshdProgram, ['-D', '-e', '-f', key('sshd_config')], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(sshd.stderr, 'data');
  const knownHosts = key('known_hosts');
  const hostKey = (await readFile(key('host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${hostKey}\n`);
  await writeFile(
    key('ssh_config'),
    [
      'Host box',
      '  HostName 127.0.0.1',
      `  Port ${port}`,
      '  User deployer',
      `  IdentityFile ${key('id')}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${knownHosts}`,
      '  StrictHostKeyChecking accept-new',
      '',
    ].join('\n'),
  );
  const read = (path: string) => readFile(join(home, path), 'utf8').catch(() => null);
  return {
    configFile: key('ssh_config'),
    knownHosts,
    home,
    read,
    cut: async () => {
      const { stdout } = await runCommand(['pgrep', '-P', String(sshd.pid)]);
      for (const pid of stdout.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
    },
    useDocker: async ({ DOCKER_HOST, DOCKER_CONFIG }) =>
      writeFile(
        join(home, '.ssh/environment'),
        `DOCKER_HOST=${DOCKER_HOST}\nDOCKER_CONFIG=${DOCKER_CONFIG}\n`,
      ),
    sshFirst: async () => {
      await mkdir(key('bin'), { recursive: true });
      const { ssh } = await findPrograms(['ssh'], process.env.PATH ?? '');
      const script = `#!/bin/sh\nexec ${ssh} -F ${key('ssh_config')} "$@"\n`;
      await writeFile(key('bin/ssh'), script, { mode: 0o755 });
      return `${key('bin')}:${process.env.PATH}`;
    },
    running: () => read('clincher/state/running'),
    current: async () => {
      const link = await readlink(join(home, 'clincher/current')).catch(() => null);
      return link?.replace('releases/', '') ?? null;
    },
    [Symbol.asyncDispose]: async () => {
      sshd.kill('SIGKILL');
      await once(sshd, 'exit');
    },
  };
}

/**
 * In place of a stack: `up` writes down what it was told, `verify` fails where the configuration
 * says `broken` and waits where it says `slow` until there is a file `go` in the home.
 */
const stackScript = (version: string) => `#!/bin/sh
set -eu
command=$1
while [ $# -gt 0 ]; do
  case $1 in --config) config=$2 ;; --state) state=$2 ;; esac
  shift
done
echo "$command ${version}" >> "$HOME/calls"
case $command in
  up) mkdir -p "$state"; echo "${version} $(cat "$config")" > "$state/running" ;;
  down) rm -f "$state/running" ;;
  verify)
    if grep -q slow "$config"; then
      echo waiting > "$HOME/waiting"
      while [ ! -e "$HOME/go" ]; do sleep 0.1; done
    fi
    if grep -q broken "$config"; then echo 'egress answers the agent' >&2; exit 1; fi
    ;;
esac
`;

/** Only `deploy switch` is ours. */
const launcherScript = `#!/bin/sh
if [ "$1" = deploy ]; then exec ${process.execPath} ${checkout}/src/cli/main.ts "$@"; fi
exec "$(dirname "$(readlink -f "$0")")/stack" "$@"
`;

export async function smallCargo(
  version: string,
  config: string,
  more: readonly CargoFile[] = [],
): Promise<Cargo> {
  const file = (path: string, text: string) =>
    ({ path, kind: 'file', mode: 0o755, content: Buffer.from(text) }) as const;
  const files = [file('/clincher', launcherScript), file('/stack', stackScript(version))];
  const tar = await buffer(layerBytes(files));
  const packed = gzipSync(tar);
  const content = Buffer.from(config);
  return {
    host: 'app',
    program: {
      digest: hash('sha256', tar),
      bytes: packed.length,
      open: () => Readable.from([packed]),
    },
    node: null,
    release: [{ path: 'clincher.yaml', content, isSecret: false }, ...more],
    state: [],
    images: [],
    openImages: async function* () {},
    needs: { driver: 'embedded', ports: [] },
  };
}
