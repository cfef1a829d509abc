// From the user's file to what it declares: load, topology, check. Nothing on the machine is
// touched.

import { dirname } from 'node:path';
import { runChecks } from '../check/index.ts';
import { loadConfig } from '../config/load.ts';
import type { ConfigSurroundings } from '../config/options.ts';
import type { Finding } from '../kit/finding.ts';
import type { Topology } from '../topology/model.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { rangesIn } from './cloudflare/files.ts';
import { configFileOf, type StackFlags, stateDirOf } from './flags.ts';
import { withProgramVersion } from './ingress-program.ts';

export interface DeclaredStack {
  readonly options: StackOptions;
  readonly topology: Topology;
  readonly findings: readonly Finding[];
  /** Absolute folder of the configuration. */
  readonly dir: string;
}

/** @throws ClincherError `config-missing`, `config-unreadable`, `config-invalid` */
export async function declareStack(flags: StackFlags): Promise<DeclaredStack> {
  const { baseDir: _, ...surroundings } = configSurroundings(flags);
  const cloudflareRanges = await rangesIn(stateDirOf(flags));
  const { options: said, dir } = await loadConfig(flags.config, {
    ...surroundings,
    cloudflareRanges,
  });
  const options = await withProgramVersion(said);
  const topology = standardTopology(options);
  return { options, topology, findings: runChecks(topology), dir };
}

/** What the file cannot know, for who parses its text. */
export function configSurroundings(flags: StackFlags): ConfigSurroundings {
  const baseDir = dirname(configFileOf(flags));
  return { baseDir, demo: flags.demo === true, driver: flags.driver };
}
