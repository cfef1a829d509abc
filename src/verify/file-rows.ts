// What a service can read and write beyond its own: forbidden host paths, mounts that no plan has,
// places that take a file though nothing says so.

import { inside } from '../plan/paths.ts';
import type { Canaries } from './canary.ts';
import { expectedMount } from './expected-mounts.ts';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';
import type { FoundMount } from './probes/files.ts';
import { type HostFacts, memoryFolders, type Surveyed, systemFolders } from './survey.ts';

export function fileRows(from: Surveyed, canaries: Canaries, host: HostFacts): Row[] {
  return [
    ...readRows(from, canaries),
    ...suspiciousRows(from),
    ...mountRows(from, host),
    ...missingMountRows(from),
  ];
}

function readRows(from: Surveyed, canaries: Canaries): Row[] {
  return from.files.reads.map(({ path, code: found }) => {
    const code = found === 'read' && isOnTheWay(from, path) ? 'EMPTY' : found;
    return judge({
      from: from.name,
      to: 'host',
      via: 'file',
      what: path === canaries.file ? 'the canary file on the host' : path,
      declared: null,
      observed: readState(code),
      evidence: code === 'EMPTY' ? 'a folder of that name with nothing of the host in it' : code,
      fix: `Take ${path} out of the files of ${from.name}: restart it with its planned mounts.`,
    });
  });
}

/**
 * Whether a planned folder is below: then it is a folder of the jail's own with nothing else in it.
 * Were anything mounted there instead, that would be a mount no plan has.
 */
function isOnTheWay({ plan }: Surveyed, path: string): boolean {
  return (plan.folders ?? []).some(({ at }) => at.startsWith(`${path}/`));
}

function readState(code: string): State {
  if (code === 'read') return 'open';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
  return ['EACCES', 'EPERM', 'EMPTY'].includes(code) ? 'denied' : 'unknown';
}

/**
 * Names by which a stack's own folders are known, wherever they turn up; planned mounts are judged
 * as mounts.
 */
function suspiciousRows(from: Surveyed): Row[] {
  const folders = (from.plan.folders ?? []).map(({ at }) => at);
  const planned = [...from.plan.mounts.map(({ target }) => target), ...folders];
  const sockets = new Set(from.files.sockets.map(({ path }) => path));
  return (
    from.files.suspicious
      .filter((path) => !planned.some((target) => path === target || path.startsWith(`${target}/`)))
      .filter((path) => !isOnTheWay(from, path))
      // Sockets have rows of their own, and its own state may have such names in it.
      .filter((path) => !sockets.has(path) && !path.startsWith(`${inside.state}/`))
      .map((path) =>
        judge({
          from: from.name,
          to: path.endsWith('docker.sock') ? 'docker.sock' : 'host',
          via: 'file',
          what: path,
          declared: null,
          observed: 'open',
          evidence: 'found in its files',
          fix: `Take ${path} out of the files of ${from.name}: restart it with its planned mounts.`,
        }),
      )
  );
}

function mountRows(from: Surveyed, host: HostFacts): Row[] {
  return from.files.mounts.flatMap((mount) => {
    const expected = expectedMount(from.plan, mount);
    if (expected === null) return [extraMount(from, mount)];
    const rows: Row[] = [];
    if (mount.code === 'written') {
      rows.push(expected.writable ? ownPlace(from, mount) : writableMount(from, mount));
    }
    const meant = expected.source === null ? undefined : host.identities.get(expected.source);
    const isState = mount.target === inside.state && from.inspection.stateIdentity !== null;
    const wrong = meant !== undefined && mount.identity !== meant;
    const othersState = isState && mount.identity !== from.inspection.stateIdentity;
    const isTheHosts = ownAlways.has(mount.target) && hostHas(host, mount.identity);
    const system = sameAsHost.has(mount.target) ? host.identities.get(mount.target) : undefined;
    const otherSystem = system !== undefined && mount.identity !== system;
    if (wrong || othersState || isTheHosts || otherSystem) rows.push(wrongSource(from, mount));
    return rows;
  });
}

/** Memory and devices that each service has of its own, under the names the host has them by. */
const ownAlways: ReadonlySet<string> = new Set(memoryFolders);

/** What is the host's own, read-only: anything else there is not what every jail is built from. */
const sameAsHost: ReadonlySet<string> = new Set(systemFolders);

function hostHas({ identities }: HostFacts, identity: string): boolean {
  return memoryFolders.some((folder) => identities.get(folder) === identity);
}

function extraMount(from: Surveyed, mount: FoundMount): Row {
  const how = mount.code === 'written' ? 'writable' : 'read-only';
  return judge({
    from: from.name,
    to: 'host',
    via: 'mount',
    what: mount.target,
    declared: null,
    observed: 'open',
    evidence: `mounted ${how}: ${mount.type} ${mount.root}; the plan has no such mount`,
    fix: `Nothing plans a mount at ${mount.target}: restart ${from.name} with its planned mounts.`,
  });
}

/** What it may write, by plan or by every jail's template: so that a report has the whole list. */
function ownPlace(from: Surveyed, { target, type, root }: FoundMount): Row {
  return judge({
    ...{ from: from.name, to: from.name, via: 'write', what: target, observed: 'open' },
    declared: { by: target === inside.state ? 'state' : 'mount', at: from.service.at },
    evidence: `a file was written there (${type} ${root})`,
    fix: '',
  });
}

function writableMount(from: Surveyed, mount: FoundMount): Row {
  return judge({
    from: from.name,
    to: 'host',
    via: 'write',
    what: mount.target,
    declared: null,
    observed: 'open',
    evidence: `a file was written there; the plan has it read-only (${mount.type} ${mount.root})`,
    fix: `Mount ${mount.target} read-only: restart ${from.name} with its planned mounts.`,
  });
}

function wrongSource(from: Surveyed, mount: FoundMount): Row {
  return judge({
    from: from.name,
    to: 'host',
    via: 'mount',
    what: mount.target,
    declared: null,
    observed: 'open',
    evidence: `${mount.root} is mounted there, which is not what the plan names`,
    fix: `Another source is mounted at ${mount.target}: restart ${from.name}.`,
  });
}

/**
 * A planned mount that is not there: a service that misses its files may fall back to something
 * else.
 */
function missingMountRows(from: Surveyed): Row[] {
  const there = new Set(from.files.mounts.map(({ target }) => target));
  return from.plan.mounts
    .filter(({ target }) => !there.has(target))
    .map(({ target, source }) =>
      judge({
        from: from.name,
        to: 'host',
        via: 'mount',
        what: target,
        declared: { by: 'mount', at: from.service.at },
        observed: 'absent',
        evidence: `the plan mounts ${source} there`,
        fix: `Restart ${from.name}.`,
      }),
    );
}
