// Opens an embedded driver for tests: its own state directory, supervisor and stand-in roles, taken
// down at the end.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  createEmbeddedDriver,
  type EmbeddedDriver,
  type EmbeddedOptions,
} from '../drivers/embedded/create-driver.ts';
import {
  type StartSupervisorOptions,
  type SupervisorProcess,
  startSupervisor,
} from '../drivers/embedded/start-supervisor.ts';
import type { DriverShape } from './driver-contract-shape.ts';
import { socketEdge } from './socket-shape.ts';
import { tinyServeArgv } from './tiny-service.ts';

export interface EmbeddedWorld {
  readonly driver: EmbeddedDriver;
  readonly supervisor: SupervisorProcess;
  readonly stateDir: string;
  readonly shape: DriverShape;
  close(): Promise<void>;
}

export const repositoryRoot = resolve(import.meta.dirname, '../..');

/** Restarts are quick here, so that tests of them are. */
export async function openEmbeddedWorld(
  options: Partial<EmbeddedOptions & StartSupervisorOptions> = {},
): Promise<EmbeddedWorld> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'clincher-test-')));
  const nodePath = process.execPath;
  const restart = { delayMsMin: 20, delayMsMax: 100, endsMax: 4 };
  const supervisor = await startSupervisor({
    ...{ stateDir, nodePath, detach: false, restart, stopGraceMs: 2_000, warm: false },
    ...options,
  });
  const driver = await openEmbeddedDriver(stateDir, options);
  return {
    driver,
    supervisor,
    stateDir,
    shape: {
      ...socketEdge,
      ownPaths: [],
      door: (listen) => ({ settings: { answerOn: [3] }, plan: { inherits: [listen] } }),
    },
    close: async () => {
      await supervisor.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export function openEmbeddedDriver(
  stateDir: string,
  options: Partial<EmbeddedOptions> = {},
): Promise<EmbeddedDriver> {
  return createEmbeddedDriver({
    stateDir,
    nodePath: process.execPath,
    programRoot: repositoryRoot,
    serveArgv: tinyServeArgv,
    secrets: async () => null,
    ...options,
  });
}
