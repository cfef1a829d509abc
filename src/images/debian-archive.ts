// Packages of the distribution, fetched by apt with its signatures checked, into a folder of ours:
// nothing is installed on this machine, another suite of its archive can be had, and no right of
// root is needed.

import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { CommandOutput, runCommand } from '../kit/run-command.ts';

export interface ArchiveWorld {
  /** Where lists and packages are kept; each suite has its own. */
  readonly folder: string;
  readonly run: typeof runCommand;
  /**
   * Of Debian, by its codename, when it is not this machine's own; what is made from Debian has its
   * own archive with its own suites.
   */
  readonly suite?: string;
  /** Whether what was fetched before will do, without a look at the archive. */
  readonly isKept?: boolean;
  /** os-release(5) of this machine. */
  readonly osRelease?: string;
}

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Path of the fetched file. */
  readonly file: string;
}

export interface DebianArchive {
  /** These and all that they depend on, down to the C library, by name. */
  fetch(names: readonly string[]): Promise<readonly DebianPackage[]>;
}

const keyrings = [
  'debian-archive-keyring.gpg',
  'debian-archive-keyring.pgp',
  'ubuntu-archive-keyring.gpg',
];
const deadlineMs = 600_000;

/** @throws ClincherError `packages-unavailable` */
export async function openArchive(world: ArchiveWorld): Promise<DebianArchive> {
  const { id, codename: own } = await system(world.osRelease ?? '/etc/os-release');
  const suite = id === 'debian' ? (world.suite ?? own) : own;
  const folder = join(world.folder, suite);
  for (const name of ['lists/partial', 'archives/partial']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, 'sources.list'), await sources(world, own, suite));
  // With nothing installed, what a package depends on is all of it.
  await writeFile(join(folder, 'status'), '');
  const apt = async (...args: readonly string[]) =>
    done(await world.run(['apt-get', ...aptOptions(folder), ...args], { deadlineMs }));
  if (world.isKept !== true) await apt('update');
  return {
    fetch: async (names) => {
      const kept = join(folder, `${names.join('_')}.json`);
      if (world.isKept === true) {
        const before = await readFile(kept, 'utf8').catch(() => null);
        if (before !== null) return JSON.parse(before);
        await apt('update');
      }
      const simulated = await apt('install', '--simulate', ...names);
      await apt('install', '--download-only', ...names);
      const packages = packagesOf(simulated, join(folder, 'archives'));
      await writeFile(kept, JSON.stringify(packages));
      return packages;
    },
  };
}

function aptOptions(folder: string): readonly string[] {
  const settings = {
    'Dir::State': folder,
    'Dir::State::status': `${folder}/status`,
    'Dir::Cache': folder,
    'Dir::Etc::sourcelist': `${folder}/sources.list`,
    'Dir::Etc::sourceparts': '/dev/null',
    // Its own user could not write here.
    'APT::Sandbox::User': 'root',
    // A list that could not be fetched is an error, not a warning.
    'APT::Update::Error-Mode': 'any',
    'APT::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
  };
  const set = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-y', '-q', ...set];
}

/** The lines of this machine that serve its own suite, with the wanted one in its place. */
async function sources(world: ArchiveWorld, own: string, suite: string): Promise<string> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const command = ['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'];
  const lines = done(await world.run(command, { deadlineMs })).split('\n');
  const signedBy = await firstKeyring();
  const found = lines.flatMap((line) => {
    const [uri = '', release = '', component] = line.split(' ');
    const ours = release === own || release === `${own}-security` || release === `${own}-updates`;
    if (!ours || component !== 'main') return [];
    return [`deb ${signedBy}${uri} ${suite}${release.slice(own.length)} main`];
  });
  if (found.length > 0) return `${found.join('\n')}\n`;
  throw unavailable(`apt has no source of ${own} on this machine`);
}

async function firstKeyring(): Promise<string> {
  for (const name of keyrings) {
    const path = `/usr/share/keyrings/${name}`;
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return `[signed-by=${path}] `;
  }
  return '';
}

async function system(osRelease: string): Promise<{ id: string; codename: string }> {
  const text = await readFile(osRelease, 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([a-z]+)"?$`, 'm').exec(text)?.[1];
  const codename = field('VERSION_CODENAME');
  if (codename !== undefined) return { id: field('ID') ?? '', codename };
  throw unavailable('this system is neither Debian nor one made from it');
}

/** `Inst redis-server (5:7.0.15-1 Debian:12/stable [amd64])` */
function packagesOf(simulated: string, archives: string): readonly DebianPackage[] {
  const lines = simulated.matchAll(/^Inst (\S+) \((\S+) [^\n]*\[(\w+)\]\)/gm);
  return [...lines]
    .map(([, name = '', version = '', architecture = '']) => {
      const file = `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
      return { name, version, architecture, file: join(archives, file) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function done({ code, stdout, tail }: CommandOutput): string {
  if (code === 0) return stdout;
  if (code === 127) throw unavailable('there is no apt on this machine');
  throw unavailable(`apt ended with ${code}:\n${tail}`);
}

function unavailable(message: string): ClincherError {
  return new ClincherError('packages-unavailable', `no packages of the distribution: ${message}`, {
    fix:
      'Build on a Debian or Ubuntu that reaches its archive, then `clincher image save` and ' +
      '`load`. Of sandboxes an image of your own will do: `sandbox.image`.',
  });
}
