// `clincher up --host monitor`: this machine looks at the application host. The bundle is written
// below the state directory and its programs are brought up from it, in images made here; what does
// not come up is taken back, and what ran before runs again.

import { join } from 'node:path';
import { idInDocker, loadIntoDocker } from '../../images/docker.ts';
import { runCommand } from '../../kit/run-command.ts';
import { type MonitorRun, madePrograms } from '../../render/monitoring/artefact.ts';
import { renderMonitoring, requireMonitoring } from '../../render/monitoring/index.ts';
import { portsOf } from '../../render/monitoring/prometheus.ts';
import type { Monitoring } from '../../topology/monitoring-model.ts';
import { readEnvironment } from '../env.ts';
import { stateDirOf, type UpFlags } from '../flags.ts';
import { imageStore } from '../image/own.ts';
import { output } from '../output.ts';
import { type Progress, standardProgress } from '../progress.ts';
import { monitorSecretsOf, writeBundle } from '../render-monitoring.ts';
import type { DeclaredStack } from '../stack.ts';
import { openStateDir } from '../state.ts';
import { lockForUp } from '../up/lock.ts';
import { declareAndCheck, makeSecrets } from '../up/prepare.ts';
import {
  dockerHere,
  makeDataFolders,
  monitorBundle,
  startMonitor,
  stopMonitor,
} from './compose.ts';
import { whyNotScraped } from './first-scrape.ts';
import {
  bundleOf,
  dataFolder,
  isSame,
  type KeptBundle,
  putBack,
  readBundle,
  removeOthers,
} from './kept-bundle.ts';
import { programImages } from './program-images.ts';

/** @throws ClincherError for everything that ends it; what ran before runs then */
export async function upMonitor(flags: UpFlags): Promise<void> {
  const progress = standardProgress(flags.json === true);
  const stateDir = stateDirOf(flags);
  const declared = await declareAndCheck(flags, progress);
  const rules = requireMonitoring(declared.topology);
  await openStateDir(stateDir, readEnvironment().uid);
  using _lock = await lockForUp(stateDir);
  await progress.phase('secrets', async () => {
    const made = await makeSecrets(declared, stateDir);
    return made.length === 0 ? null : `made ${made.join(', ')}`;
  });
  const images = await findImages(rules, progress);
  await progress.phase('programs', () => replaceBundle(declared, stateDir, images));
  await sayScraped(progress, rules);
  if (flags.json === true) return output.event({ event: 'up', bundle: monitorBundle(stateDir) });
  for (const [program, port] of portsOf(images)) {
    output.line(`  ${program.padEnd(14)}http://127.0.0.1:${port}/`);
  }
}

async function findImages(rules: Monitoring, progress: Progress): Promise<MonitorRun['images']> {
  const world = { run: runCommand, env: dockerHere().environment() };
  const has = async (reference: string) => (await idInDocker(reference, world)) !== null;
  const warnings: string[] = [];
  const found: { images: MonitorRun['images'] } = { images: {} };
  await progress.phase('images', async (update) => {
    const { run, missing } = await programImages(rules, has, update);
    const loaded = await loadIntoDocker(imageStore(), madePrograms, world);
    warnings.push(...missing);
    found.images = run;
    return loaded.length === 0 ? null : `${loaded.length} put into Docker`;
  });
  for (const warning of warnings) progress.warn(warning);
  return found.images;
}

async function replaceBundle(
  declared: DeclaredStack,
  stateDir: string,
  images: MonitorRun['images'],
): Promise<string> {
  const folder = monitorBundle(stateDir);
  const { uid, gid } = readEnvironment();
  const run = { images, user: `${uid}:${gid}`, data: join(folder, dataFolder) };
  const secrets = await monitorSecretsOf(declared, stateDir);
  const files = renderMonitoring(declared.topology, folder, run);
  const before = await readBundle(folder);
  await makeDataFolders(run.data);
  const wanted = bundleOf(files, secrets);
  const isNew = !isSame(before, wanted);
  // Written anew, the folders that its programs have mounted would be others.
  if (isNew) {
    await removeOthers(folder, before, wanted);
    await writeBundle(folder, files, secrets);
  }
  try {
    await startMonitor(folder, isNew);
  } catch (error) {
    if (isNew) await goBack(stateDir, before);
    throw error;
  }
  return isNew ? `${Object.keys(images).length} run, from ${folder}` : 'nothing changes';
}

/** What did not come up is not left half up. */
async function goBack(stateDir: string, before: KeptBundle): Promise<void> {
  const folder = monitorBundle(stateDir);
  if (before.size === 0) {
    await stopMonitor(folder);
    await removeOthers(folder, await readBundle(folder), before);
    return;
  }
  await putBack(folder, before);
  await startMonitor(folder, true).catch(() => undefined);
}

/** One look, and time for it on a busy machine; what fails is known at once. */
async function sayScraped(
  progress: Progress,
  { target, scrapeSeconds }: Monitoring,
): Promise<void> {
  const why = await whyNotScraped((scrapeSeconds + 60) * 1_000);
  if (why === null) progress.note(`it gets the metrics of ${target}`);
  else progress.warn(`it does not get the metrics of ${target}: ${why}`);
}
