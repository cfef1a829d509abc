// What the far side is, and what of a deployment is there already: asked with one script that
// changes nothing.

import { ClincherError } from '../kit/error.ts';
import type { FarSide } from './ssh.ts';

export interface Facts {
  /** Absolute. */
  readonly dir: string;
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly kernel: string;
  readonly machine: string;
  readonly clockSeconds: number;
  readonly freeBytes: number;
  readonly isWritable: boolean;
  readonly hasUserNamespaces: boolean;
  readonly programs: ReadonlySet<string>;
  /** Without a `v`; null where there is none. */
  readonly node: string | null;
  /** Of Docker; null where it does not answer. */
  readonly engine: string | null;
  readonly ports: ReadonlySet<number>;
  /** What Docker has: id by reference. */
  readonly images: ReadonlyMap<string, string>;
  /** Digests of programs that are there. */
  readonly kept: ReadonlySet<string>;
  readonly current: Current | null;
  /** SHA-256 by path below the state directory. */
  readonly state: ReadonlyMap<string, string>;
}

export interface Current {
  readonly release: string;
  readonly program: string;
  /** SHA-256 by path below the release. */
  readonly files: ReadonlyMap<string, string>;
}

const script = `
dir=$1
case $dir in /*) ;; *) dir=$HOME/$dir ;; esac
echo "dir $dir"
echo "user $(id -un)"
echo "uid $(id -u)"
echo "gid $(id -g)"
echo "kernel $(uname -sr)"
echo "machine $(uname -m)"
echo "seconds $(date +%s)"
near=$dir
while [ ! -d "$near" ]; do near=$(dirname "$near"); done
echo "free $(df -Pk "$near" | awk 'NR == 2 { print $4 }')"
[ -w "$near" ] && echo "writable yes"
unshare --user --map-root-user true 2>/dev/null && echo "userns yes"
for name in bwrap flock sha256sum tar gzip npm; do
  command -v $name >/dev/null 2>&1 && echo "has $name"
done
for node in "$dir/cache/node/bin/node" node; do
  version=$("$node" --version 2>/dev/null) && echo "node $version" && break
done
if command -v docker >/dev/null 2>&1; then
  docker compose version >/dev/null 2>&1 && echo "has compose"
  echo "engine $(docker version --format '{{.Server.Version}}' 2>/dev/null)"
  docker images --no-trunc --format 'image {{.Repository}}:{{.Tag}} {{.ID}}' 2>/dev/null
fi
awk '$4 == "0A" { print "port " $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
for each in "$dir"/programs/*; do [ -d "$each" ] && echo "kept $(basename "$each")"; done
if release=$(readlink "$dir/current"); then
  echo "current $(basename "$release")"
  echo "program $(basename "$(readlink "$dir/current/program")")"
  cd "$dir/current/" && find . -type f -exec sha256sum {} + | sed 's/^/file /'
fi
cd "$dir/state" 2>/dev/null && find secrets/generated cloudflare -type f -exec sha256sum {} + 2>/dev/null | sed 's/^/state /'
exit 0
`;

/** @throws ClincherError `ssh-failed` */
export async function lookAtFarSide(far: FarSide, dir: string): Promise<Facts> {
  const { code, stdout, tail } = await far.ask(script, [dir]);
  if (code !== 0)
    throw new ClincherError('ssh-failed', `${far.name} could not be looked at: ${tail}`);
  return factsFrom(stdout);
}

/** What the script said; what it did not say is not there. */
export function factsFrom(text: string): Facts {
  const lines = text.split('\n').map((line) => /^(\w+) (.*)$/.exec(line) ?? []);
  const all = (name: string) =>
    lines.flatMap(([, key, value]) => (key === name ? [value ?? ''] : []));
  const one = (name: string) => all(name)[0] ?? '';
  const release = one('current');
  return {
    dir: one('dir'),
    user: one('user'),
    uid: Number(one('uid')),
    gid: Number(one('gid')),
    kernel: one('kernel'),
    machine: one('machine'),
    clockSeconds: Number(one('seconds')),
    freeBytes: Number(one('free')) * 1024,
    isWritable: one('writable') === 'yes',
    hasUserNamespaces: one('userns') === 'yes',
    programs: new Set(all('has')),
    node: one('node').replace(/^v/, '') || null,
    engine: one('engine') || null,
    ports: new Set(all('port').map((hex) => Number.parseInt(hex.split(':')[1] ?? '', 16))),
    images: new Map(all('image').map((line) => line.split(' ') as [string, string])),
    kept: new Set(all('kept')),
    current:
      release === '' ? null : { release, program: one('program'), files: digests(all('file')) },
    state: digests(all('state')),
  };
}

/** `DIGEST  ./path`, as sha256sum(1) writes them. */
function digests(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, digest, path] = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/.exec(line) ?? [];
      return digest === undefined || path === undefined ? [] : [[path, digest] as const];
    }),
  );
}
