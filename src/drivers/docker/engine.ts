// What the engine's version means: which of the things that keep services apart it has, and what
// each that is missing costs. Facts of moby's changes, by the version that has them.

import { finding } from '../../host/preflight-finding.ts';
import type { Finding } from '../../kit/finding.ts';
import type { EngineFeatures } from '../../targets/compose/model.ts';
import type { DockerCli } from './docker-cli.ts';

export type EngineVersion = readonly [number, number, number];

/** The first without a known hole that matters to a stack. */
export const engineFloor: EngineVersion = [29, 3, 1];

interface Missing {
  /** The first version that is not concerned. */
  readonly since: EngineVersion;
  readonly costs: string;
}

const missing: readonly Missing[] = [
  {
    since: [23, 0, 11],
    costs:
      'names asked for on an internal network leave by the host (CVE-2024-29018); no service here asks for any',
  },
  {
    since: [28, 0, 0],
    costs:
      'no isolated gateway mode: the networks of edges have no address of the host on them by an older option instead',
  },
  {
    since: [28, 0, 0],
    costs:
      'who is on the same network as the host can reach a port that is published at 127.0.0.1 alone',
  },
  {
    since: [29, 0, 0],
    costs:
      'runc before 1.3.3 lets a container out (CVE-2025-31133, -52565, -52881), unless it was updated by itself',
  },
  {
    since: [29, 3, 1],
    costs: 'an authorization plugin can be passed by (CVE-2026-34040); docker-proxy is none',
  },
];

export function engineFindings(text: string): readonly Finding[] {
  const version = parseVersion(text);
  if (version === null) return [old(`the engine says that its version is ${text}`, [])];
  if (isBefore(version, engineFloor)) {
    const costs = missing.filter(({ since }) => isBefore(version, since)).map(({ costs }) => costs);
    return [old(`Docker ${text} is older than ${engineFloor.join('.')}`, costs)];
  }
  return [];
}

function old(what: string, costs: readonly string[]): Finding {
  const list = costs.map((cost) => `\n    - ${cost}`).join('');
  const message = `${what}.${costs.length === 0 ? '' : ` What that costs:${list}\n   `}`;
  const fix = `Update Docker to ${engineFloor.join('.')} or newer.`;
  return finding('engine-old', 'warning', 'docker', message, fix);
}

export async function engineVersion(docker: DockerCli): Promise<string> {
  return (await docker.ask(['version', '--format', '{{.Server.Version}}'])).trim();
}

export async function engineFeatures(docker: DockerCli): Promise<EngineFeatures> {
  const version = parseVersion(await engineVersion(docker));
  return { startInterval: version !== null && !isBefore(version, [25, 0, 0]) };
}

/** `20.10.24+dfsg1`, `29.3.1`, `28.0.0-rc.1`. */
export function parseVersion(text: string): EngineVersion | null {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

function isBefore(a: EngineVersion, b: EngineVersion): boolean {
  const index = a.findIndex((part, at) => part !== b[at]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}
