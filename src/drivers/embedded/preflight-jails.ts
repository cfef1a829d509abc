// Whether jails can be made here: bubblewrap is there and new enough, and the kernel allows what it
// asks for.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { finding } from '../../host/preflight-finding.ts';
import type { Finding } from '../../kit/finding.ts';

/** The first version with --disable-userns. */
const bwrapVersionMin = [0, 8] as const;

export async function checkJails(uid = process.getuid?.() ?? 0): Promise<Finding[]> {
  const version = await run(['bwrap', '--version']);
  if (version.code !== 0) return [bubblewrapFault('bubblewrap (bwrap) is not installed')];
  if (!isNewEnough(version.output)) {
    return [bubblewrapFault(`${version.output.trim()} is older than 0.8, which clincher needs`)];
  }
  const trial = await run(trialArgv(uid));
  return trial.code === 0 ? [] : [namespaceFault(trial.output, readKernelSwitches())];
}

/** A jail with everything that real ones ask of the kernel, around a program that does nothing. */
function trialArgv(uid: number): string[] {
  const outer = uid === 0 ? [] : ['unshare', '--user', '--map-root-user', '--'];
  const own = ['--unshare-user', '--disable-userns', '--uid', '1000', '--gid', '1000'];
  own.push('--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--cap-drop', 'ALL');
  const mounts = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
  return [...outer, 'bwrap', ...own, ...mounts, '--', 'true'];
}

export function isNewEnough(versionLine: string): boolean {
  const match = /(\d+)\.(\d+)/.exec(versionLine);
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
  const [majorMin, minorMin] = bwrapVersionMin;
  return major > majorMin || (major === majorMin && minor >= minorMin);
}

function bubblewrapFault(message: string): Finding {
  return finding('bubblewrap-missing', 'fatal', 'bwrap', message, installCommand(readOsRelease()));
}

/** `osRelease` is the text of /etc/os-release. os-release(5): ID and ID_LIKE name the family. */
export function installCommand(osRelease: string): string {
  const family =
    (/^ID=.*$/m.exec(osRelease)?.[0] ?? '') + (/^ID_LIKE=.*$/m.exec(osRelease)?.[0] ?? '');
  if (/debian|ubuntu/.test(family)) return 'Run: sudo apt-get install bubblewrap';
  if (/fedora|rhel|centos/.test(family)) return 'Run: sudo dnf install bubblewrap';
  if (/arch/.test(family)) return 'Run: sudo pacman -S bubblewrap';
  if (/suse/.test(family)) return 'Run: sudo zypper install bubblewrap';
  if (/alpine/.test(family)) return 'Run: sudo apk add bubblewrap util-linux';
  return 'Install the package "bubblewrap" of your distribution, version 0.8 or newer.';
}

export interface KernelSwitches {
  readonly apparmorRestricts: boolean;
  readonly cloneDenied: boolean;
  readonly namespacesMax: number | null;
}

function readKernelSwitches(): KernelSwitches {
  const max = readSwitch('user/max_user_namespaces');
  return {
    apparmorRestricts: readSwitch('kernel/apparmor_restrict_unprivileged_userns') === '1',
    cloneDenied: readSwitch('kernel/unprivileged_userns_clone') === '0',
    namespacesMax: max === null ? null : Number(max),
  };
}

/** Says which of the kernel's switches is in the way, and the command that turns it. */
export function namespaceFault(output: string, kernel: KernelSwitches): Finding {
  const persist = (line: string) =>
    `Run: echo '${line}' | sudo tee /etc/sysctl.d/60-clincher.conf && sudo sysctl --system`;
  const fault = (message: string, fix: string) =>
    finding('user-namespaces-denied', 'fatal', 'kernel', message, fix);
  if (kernel.apparmorRestricts) {
    return fault(
      'AppArmor refuses user namespaces to ordinary users (Ubuntu 23.10 and later do so by default)',
      `${persist('kernel.apparmor_restrict_unprivileged_userns=0')}; or run clincher as root.`,
    );
  }
  if (kernel.cloneDenied) {
    return fault(
      'the kernel refuses user namespaces to ordinary users (kernel.unprivileged_userns_clone is 0)',
      `${persist('kernel.unprivileged_userns_clone=1')}; or run clincher as root.`,
    );
  }
  if (kernel.namespacesMax === 0) {
    return fault(
      'the kernel allows no user namespaces at all (user.max_user_namespaces is 0)',
      persist('user.max_user_namespaces=15000'),
    );
  }
  const last = output.trim().split('\n').at(-1) ?? '';
  return fault(
    `a trial jail could not be made: ${last}`,
    'Inside a container, give it the right to make namespaces (Docker: --privileged), or run clincher on the host.',
  );
}

function readSwitch(name: string): string | null {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return null;
  }
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

function run(argv: readonly string[]): Promise<{ code: number; output: string }> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output = (output + chunk).slice(-8_192);
      });
    }
    child.once('error', (error) => resolve({ code: -1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
