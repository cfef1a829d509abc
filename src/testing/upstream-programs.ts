// The programs of the stack that the preset `reference` is drawn after, for the tests: LiteLLM,
// Smokescreen and HAProxy, each from where it can be had on this machine, into .cache.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { runCommand } from '../kit/run-command.ts';
import { upstream } from '../topology/pins.ts';
import { unpackOnce } from './debian-packages.ts';
import { checkout } from './source-tree.ts';

const folder = join(checkout, '.cache/upstream');

/** Where each is, once it is there. LiteLLM: the folder of its Python packages. */
export const upstreamPrograms = {
  haproxy: join(folder, 'haproxy'),
  litellm: join(folder, 'litellm'),
  smokescreen: join(folder, 'smokescreen'),
} as const;

/** And what LiteLLM's wheels take for granted of a system. */
const packages = ['haproxy', 'libstdc++6', 'libgomp1'];
const [, litellmVersion] = /:main-v(.+)-stable$/.exec(upstream.litellm) ?? [];
/** Of the Python that the image of the sandboxes has, whichever this machine has. */
const pip = ['-m', 'pip', 'install', '--quiet', '--python-version', '3.13', '--only-binary=:all:'];
/** As its own image has them. What the last needs is among the others, in versions for 3.13. */
const wheels = [
  [`litellm[proxy]==${litellmVersion}`, 'prometheus_client==0.20.0'],
  ['redis==5.2.1', 'ml-dtypes==0.5.4', 'python-ulid==3.1.0', 'tabulate==0.9.0'],
  ['coloredlogs==15.0.1', 'tenacity==9.2.1'],
].flat();
const withoutTheirs = ['--no-deps', 'redisvl==0.4.1'];

/** What was done, and why one is not there: a line each. */
export async function installUpstream(run: typeof runCommand): Promise<readonly string[]> {
  const said: string[] = [];
  if (await unpackOnce(upstreamPrograms.haproxy, packages, run)) said.push('unpacked HAProxy');
  for (const name of ['litellm', 'smokescreen'] as const) {
    if (existsSync(upstreamPrograms[name])) continue;
    const made = join(folder, `${name}.new-${process.pid}`);
    await mkdir(made, { recursive: true });
    const why = await firstFault(run, makes[name](made));
    if (why === null) await rename(join(made, name), upstreamPrograms[name]);
    await rm(made, { recursive: true, force: true });
    said.push(why === null ? `installed ${name}` : `without ${name}: ${why}`);
  }
  return said;
}

/** Each leaves what it made below `made`, by its name. */
const makes = {
  litellm: (made: string) =>
    [wheels, withoutTheirs].map((names) => [
      ...['python3', ...pip, '--target', join(made, 'litellm')],
      ...names,
    ]),
  smokescreen: (made: string) => {
    const env = [`GOBIN=${made}`, `GOPATH=${made}/go`, `GOCACHE=${made}/cache`, 'CGO_ENABLED=0'];
    const module = `github.com/stripe/smokescreen@${upstream.smokescreenCommit}`;
    // What it fetched is to be taken away again.
    return [['env', ...env, 'go', 'install', '-modcacherw', module]];
  },
} as const;

async function firstFault(
  run: typeof runCommand,
  commands: readonly (readonly string[])[],
): Promise<string | null> {
  for (const argv of commands) {
    const { code, tail } = await run(argv, { deadlineMs: 900_000 });
    if (code !== 0) return `${argv.slice(0, 4).join(' ')} ended with ${code}: ${tail.trim()}`;
  }
  return null;
}
