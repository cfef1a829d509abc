// `clincher up --host monitor`: this machine looks at the application host. The bundle is written
// below the state directory and its programs are brought up from it, in images made here; what does
// not come up is taken back, and what ran before runs again.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadIntoDocker } from '../../images/docker.ts';
import { runCommand } from '../../kit/run-command.ts';
import {
  type MonitorProgram,
  type MonitorRun,
  monitorPrograms,
} from '../../render/monitoring/artefact.ts';
import { renderMonitoring, requireMonitoring } from '../../render/monitoring/index.ts';
import { monitorPorts } from '../../render/monitoring/prometheus.ts';
import { readEnvironment } from '../env.ts';
import { stateDirOf, type UpFlags } from '../flags.ts';
import { ensureImage, imageStore } from '../image/own.ts';
import { output } from '../output.ts';
import { type Progress, standardProgress } from '../progress.ts';
import { monitorSecretsOf, writeBundle } from '../render-monitoring.ts';
import type { DeclaredStack } from '../stack.ts';
import { openStateDir } from '../state.ts';
import { lockForUp } from '../up/lock.ts';
import { declareAndCheck, makeSecrets } from '../up/prepare.ts';
import { dockerHere, monitorBundle, startMonitor, stopMonitor } from './compose.ts';
import { whyNotScraped } from './first-scrape.ts';
import { dataFolder, isSame, type KeptBundle, putBack, readBundle } from './kept-bundle.ts';

/** @throws ClincherError for everything that ends it; what ran before runs then */
export async function upMonitor(flags: UpFlags): Promise<void> {
  const progress = standardProgress(flags.json === true);
  const stateDir = stateDirOf(flags);
  const declared = await declareAndCheck(flags, progress);
  const { target, scrapeSeconds } = requireMonitoring(declared.topology);
  await openStateDir(stateDir, readEnvironment().uid);
  using _lock = await lockForUp(stateDir);
  await progress.phase('secrets', async () => {
    const made = await makeSecrets(declared, stateDir);
    return made.length === 0 ? null : `made ${made.join(', ')}`;
  });
  const docker = dockerHere();
  await progress.phase('images', async (update) => {
    for (const name of monitorPrograms) {
      update(name);
      await ensureImage(name, { update });
    }
    const world = { run: runCommand, env: docker.environment() };
    const loaded = await loadIntoDocker(imageStore(), monitorPrograms, world);
    return loaded.length === 0 ? null : `${loaded.length} put into Docker`;
  });
  await progress.phase('programs', () => replaceBundle(declared, stateDir));
  await sayScraped(progress, target, scrapeSeconds);
  if (flags.json === true) return output.event({ event: 'up', bundle: monitorBundle(stateDir) });
  for (const program of monitorPrograms) {
    output.line(`  ${program.padEnd(14)}http://127.0.0.1:${monitorPorts[program]}/`);
  }
}

async function replaceBundle(declared: DeclaredStack, stateDir: string): Promise<string> {
  const folder = monitorBundle(stateDir);
  const secrets = await monitorSecretsOf(declared, stateDir);
  const files = renderMonitoring(declared.topology, folder, await runOf());
  const before = await readBundle(folder);
  for (const name of ['prometheus', 'alertmanager']) {
    await mkdir(join(folder, dataFolder, name), { recursive: true, mode: 0o700 });
  }
  await writeBundle(folder, files, secrets);
  const isNew = !isSame(before, await readBundle(folder));
  try {
    await startMonitor(folder, isNew);
  } catch (error) {
    await goBack(stateDir, before);
    throw error;
  }
  return isNew ? `${monitorPrograms.length} run, from ${folder}` : 'nothing changes';
}

/** What did not come up is not left half up. */
async function goBack(stateDir: string, before: KeptBundle): Promise<void> {
  const folder = monitorBundle(stateDir);
  if (before.size === 0) {
    await stopMonitor(stateDir);
    return;
  }
  await putBack(folder, before);
  await startMonitor(folder, true).catch(() => undefined);
}

async function runOf(): Promise<MonitorRun> {
  const { uid, gid } = readEnvironment();
  const reference = async (name: MonitorProgram) => (await imageStore().image(name)).reference;
  const images = {
    prometheus: await reference('prometheus'),
    alertmanager: await reference('alertmanager'),
    blackbox: await reference('blackbox'),
  };
  return { images, user: `${uid}:${gid}` };
}

/** One look, and time for it on a busy machine; what fails is known at once. */
async function sayScraped(progress: Progress, target: string, everySeconds: number): Promise<void> {
  const why = await whyNotScraped((everySeconds + 60) * 1_000);
  if (why === null) progress.note(`it gets the metrics of ${target}`);
  else progress.warn(`it does not get the metrics of ${target}: ${why}`);
}
