// One round of the collector: every service's admin socket read at once, what the host noted, and
// the disk; merged into one exposition.

import { statfs } from 'node:fs/promises';
import type { World } from '../../kit/world.ts';
import { metricMeanings, metricNames } from '../../telemetry/names.ts';
import { Counter, Gauge } from '../../telemetry/prom.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { readFacts } from './facts.ts';
import { hostService, mergeExpositions } from './merge.ts';
import { scrape } from './scrape.ts';
import type { MetricsSettings } from './settings.ts';

/** Its own word on the others, and on the machine: what is served beside what they said. */
const ownNames = [
  'up',
  'scrapeSeconds',
  'scrapeRefusedLines',
  'diskFree',
  'diskSize',
] as const satisfies (keyof typeof metricNames)[];

/** Askers that come while a round is under way share it. */
export function createCollector(
  settings: MetricsSettings,
  world: World,
  telemetry: Telemetry,
): () => Promise<string> {
  const { factsDir, scrapeBytesMax } = settings;
  const own = ownMetrics(telemetry);
  const round = async () => {
    const scraped = await Promise.all(
      settings.targets.map(async ({ service, admin }) => {
        const startedMs = world.monotonicMs();
        const result = await scrape(admin, settings);
        own.scrapeSeconds.set({ service }, (world.monotonicMs() - startedMs) / 1_000);
        own.up.set({ service }, result.kind === 'text' ? 1 : 0);
        if (result.kind === 'failed')
          telemetry.log.warn('scrape-failed', { target: service, why: result.why });
        return { service, text: result.kind === 'text' ? result.text : null };
      }),
    );
    const facts = factsDir === null ? null : await readFacts(factsDir, scrapeBytesMax);
    if (factsDir !== null) await measureDisk(factsDir, own);
    const merged = mergeExpositions([{ service: hostService, text: facts }, ...scraped]);
    for (const [service, count] of merged.refusedLines) own.refused.inc({ service }, count);
    const texts = ownNames.map((name) =>
      telemetry.metrics.getSingleMetricAsString(metricNames[name]),
    );
    const said = (await Promise.all(texts)).map((text) => `${text.trimEnd()}\n`);
    return merged.text + said.join('');
  };
  let running: Promise<string> | null = null;
  return () => {
    running ??= round().finally(() => {
      running = null;
    });
    return running;
  };
}

type OwnMetrics = ReturnType<typeof ownMetrics>;

function ownMetrics({ metrics }: Telemetry) {
  const registers = [metrics];
  const gauge = <L extends string>(key: keyof typeof metricNames, labelNames: readonly L[]) =>
    new Gauge<L>({
      name: metricNames[key],
      help: metricMeanings[key],
      labelNames: [...labelNames],
      registers,
    });
  return {
    up: gauge('up', ['service']),
    scrapeSeconds: gauge('scrapeSeconds', ['service']),
    diskFree: gauge('diskFree', []),
    diskSize: gauge('diskSize', []),
    refused: new Counter({
      name: metricNames.scrapeRefusedLines,
      help: metricMeanings.scrapeRefusedLines,
      labelNames: ['service'],
      registers,
    }),
  };
}

/** What an ordinary user could still fill. */
async function measureDisk(folder: string, { diskFree, diskSize }: OwnMetrics): Promise<void> {
  const disk = await statfs(folder).catch(() => null);
  if (disk === null) return;
  diskFree.set(disk.bavail * disk.bsize);
  diskSize.set(disk.blocks * disk.bsize);
}
