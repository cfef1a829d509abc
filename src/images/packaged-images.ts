// The images of other people's programs from the distribution's packages: the program, the
// libraries it needs, what it reads; no shell. And the sandbox, which is a system to work in.

import { join } from 'node:path';
import type { AgentImage, IngressImage, OwnImage } from '../topology/own-images.ts';
import { type DebianWorld, debianLayer, type PackageChoice } from './debian-layer.ts';
import type { ImageDeclaration, ImageRun, LayerFile } from './image.ts';
import { librariesOf } from './libraries.ts';
import { imageUser, serviceFolders, systemFiles } from './system-files.ts';
import { treeFiles } from './tree.ts';

export type PackagedImage = Exclude<OwnImage, 'roles' | AgentImage | IngressImage>;

interface Packaged {
  readonly choice: PackageChoice;
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws ClincherError `packages-unavailable` */
export async function packagedImage(
  name: PackagedImage,
  world: DebianWorld,
): Promise<ImageDeclaration> {
  const { choice, entrypoint, command, env } = packaged[name];
  const run: ImageRun = {
    entrypoint,
    ...(command === undefined ? {} : { command }),
    user: `${imageUser}:${imageUser}`,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', ...env },
    workingDir: '/',
    labels: { 'org.opencontainers.image.title': choice.what },
  };
  return { name, layers: [await debianLayer(choice, world)], run };
}

/** To work in. */
export const smallDebian: PackageChoice = {
  what: 'a small Debian to work in',
  packages: [
    ...['base-files', 'libc-bin', 'coreutils', 'dash', 'bash', 'debianutils', 'hostname'],
    ...['findutils', 'grep', 'sed', 'mawk', 'tar', 'gzip', 'diffutils', 'patch', 'procps'],
    ...['python3', 'git', 'jq', 'ripgrep', 'curl', 'ca-certificates', 'less', 'file', 'unzip'],
  ],
  // No package manager: what a sandbox has is what its image has.
  without: ['dpkg', 'debconf', 'init-system-helpers'],
  files: async (root) => [
    ...(await treeFiles(root, '', isOfSystem)),
    { path: '/usr/bin/awk', kind: 'link', to: 'mawk' },
    { path: '/workspace', kind: 'folder', mode: 0o755, owner: imageUser },
    ...systemFiles,
  ],
};

const packaged: Readonly<Record<PackagedImage, Packaged>> = {
  redis: {
    entrypoint: ['/usr/bin/redis-server'],
    choice: programs(
      'Redis',
      ['redis-server', 'redis-tools'],
      ['/usr/bin/redis-server', '/usr/bin/redis-cli'],
    ),
  },
  prometheus: {
    entrypoint: ['/usr/bin/prometheus'],
    choice: programs('Prometheus', ['prometheus'], ['/usr/bin/prometheus', '/usr/bin/promtool']),
  },
  alertmanager: {
    entrypoint: ['/usr/bin/prometheus-alertmanager'],
    choice: programs(
      'Alertmanager',
      ['prometheus-alertmanager'],
      ['/usr/bin/prometheus-alertmanager', '/usr/bin/amtool'],
      // What its messages are made of; without it none is sent.
      [
        '/usr/share/prometheus/alertmanager/default.tmpl',
        '/usr/share/prometheus/alertmanager/email.tmpl',
      ],
    ),
  },
  blackbox: {
    entrypoint: ['/usr/bin/prometheus-blackbox-exporter'],
    choice: programs(
      'the blackbox exporter',
      ['prometheus-blackbox-exporter'],
      ['/usr/bin/prometheus-blackbox-exporter'],
    ),
  },
  sandbox: {
    entrypoint: [],
    command: ['/bin/sleep', 'infinity'],
    // Only here: Redis does not start by the name of a locale that is not in its image.
    env: { LANG: 'C.UTF-8' },
    choice: smallDebian,
  },
};

/** Programs with their libraries, and files that they read. */
function programs(
  what: string,
  packages: readonly string[],
  paths: readonly string[],
  read: readonly string[] = [],
): PackageChoice {
  return {
    what,
    packages,
    files: async (root) => [
      ...(await librariesOf(paths, root)),
      ...paths.map(
        (path): LayerFile => ({ path, kind: 'copy', mode: 0o755, from: join(root, path) }),
      ),
      ...read.map(
        (path): LayerFile => ({ path, kind: 'copy', mode: 0o644, from: join(root, path) }),
      ),
      ...systemFiles,
      ...serviceFolders,
    ],
  };
}

/** Pages to read and other languages stay behind; what says whose work it is comes along. */
function isOfSystem(path: string): boolean {
  if (/^(?:dev|proc|sys|boot|run|var\/log)\//.test(path)) return false;
  if (/^usr\/share\/doc\//.test(path)) return path.endsWith('/copyright');
  return !/^usr\/share\/(?:man|info|locale|lintian|bug|zsh|bash-completion)\//.test(path);
}
