// Whether a host can take a deployment, before anything is sent. The id of a finding is the error
// code that it would end with.

import type { ErrorCode } from '../kit/codes.ts';
import type { Finding, Severity } from '../kit/finding.ts';
import { defaultPlace } from '../kit/place.ts';
import type { Cargo } from './cargo.ts';
import type { Facts } from './look.ts';

const clockSecondsMax = 60;
/** Beside what is sent, unpacked: the agent is installed there, and logs are written. */
const freeBytesMin = 2e9;
const unpackedRatio = 5;

/** Pure. `nowSeconds` is this machine's clock at about the time of the look. */
export function preflight(cargo: Cargo, facts: Facts, nowSeconds: number): readonly Finding[] {
  const findings: Finding[] = [];
  const say = (id: ErrorCode, severity: Severity, about: string, message: string, fix: string) =>
    void findings.push({ id, severity, about, message, fix, at: defaultPlace(facts.dir) });
  const { needs } = cargo;
  if (!facts.kernel.startsWith('Linux ')) {
    say('host-unfit', 'fatal', 'kernel', `it runs ${facts.kernel}`, 'The stack needs Linux.');
  }
  if (!facts.isWritable) {
    const fix = `Make ${facts.dir} for ${facts.user}, or name another with --dir.`;
    say('state-unusable', 'fatal', 'dir', `${facts.user} may not write ${facts.dir}`, fix);
  }
  for (const name of ['flock', 'sha256sum', 'tar', 'gzip']) {
    if (facts.programs.has(name)) continue;
    say(
      'program-missing',
      'fatal',
      name,
      `there is no ${name}`,
      'Install util-linux, coreutils, tar and gzip there.',
    );
  }
  const off = facts.clockSeconds - nowSeconds;
  if (Math.abs(off) > clockSecondsMax) {
    const fix = 'There: clincher host harden host-clock, or whatever keeps its clock.';
    say(
      'host-unfit',
      'fatal',
      'clock',
      `its clock is ${off > 0 ? 'ahead' : 'behind'} by ${Math.abs(off)} seconds`,
      fix,
    );
  }
  const wanted = cargo.program.bytes * unpackedRatio + freeBytesMin;
  if (facts.freeBytes < wanted) {
    const has = `${Math.floor(facts.freeBytes / 1e6)} MB are free, ${Math.ceil(wanted / 1e6)} are wanted`;
    say('disk-full', 'fatal', 'disk', has, 'Free some space there.');
  }
  if (!nodeWillDo(facts.node) && cargo.node === null && !facts.programs.has('npm')) {
    const has = facts.node === null ? 'no Node.js' : `Node.js ${facts.node}`;
    say(
      'node-too-old',
      'fatal',
      'node',
      `it has ${has}, and this machine's is for another kind`,
      'Install Node.js 24 or npm there.',
    );
  }
  if (facts.current === null) {
    for (const port of needs.ports.filter((each) => facts.ports.has(each))) {
      say(
        'port-in-use',
        'fatal',
        'ports',
        `something listens on port ${port} already`,
        'Stop it, or declare another port.',
      );
    }
  }
  if (needs.driver === 'embedded') jails(facts, say);
  else containers(facts, say);
  return findings;
}

type Say = (id: ErrorCode, severity: Severity, about: string, message: string, fix: string) => void;

function jails({ uid, user, hasUserNamespaces, programs }: Facts, say: Say): void {
  if (uid !== 0 && !hasUserNamespaces) {
    const fix = 'There, as root: clincher host harden host-kernel.';
    say(
      'user-namespaces-denied',
      'fatal',
      'kernel',
      `the kernel refuses ${user} user namespaces`,
      fix,
    );
  }
  if (programs.has('bwrap')) return;
  const fix = 'There: sudo apt-get install -y bubblewrap';
  // As root, `up` installs it.
  say(
    'bubblewrap-missing',
    uid === 0 ? 'warning' : 'fatal',
    'bwrap',
    'bubblewrap is not there',
    fix,
  );
}

function containers({ engine, user, programs }: Facts, say: Say): void {
  if (engine === null) {
    const fix = 'Install it there, and let the user speak to it.';
    say('docker-unreachable', 'fatal', 'engine', `Docker does not answer ${user}`, fix);
  } else if (!programs.has('compose')) {
    const fix = 'Install its plugin there: sudo apt-get install -y docker-compose';
    say('program-missing', 'fatal', 'engine', 'Docker has no compose', fix);
  }
}

/** Both clincher and OpenClaw need 24.16. */
export function nodeWillDo(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  if (major === 24) return minor >= 16;
  return major === 26 ? minor >= 1 : major > 26;
}
