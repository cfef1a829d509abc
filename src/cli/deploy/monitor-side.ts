// The monitoring host's part of a switch, on that host: its programs are started from the folder
// that is current, in the images that were sent, and have to see what they saw before.

import { dirname, join } from 'node:path';
import type { MonitorSide } from '../../deploy/switch.ts';
import { runCommand } from '../../kit/run-command.ts';
import { requireInDocker, sentImages } from '../image/sent.ts';
import { makeDataFolders, startMonitor, stopMonitor } from '../monitor-host/compose.ts';
import { whyNotScraped } from '../monitor-host/first-scrape.ts';

/** One look at the application host, on a busy machine. */
const scrapeWithinMs = 180_000;

/** What is collected is beside the releases, and outlives them. */
export function monitorData(dir: string): string {
  return join(dir, 'data');
}

export function monitorSide(say: (text: string) => void): MonitorSide {
  let sawBefore: boolean | null = null;
  return {
    async start(folder, isOther) {
      sawBefore ??= (await whyNotScraped(0)) === null;
      for (const image of (await sentImages(folder)) ?? []) {
        await requireInDocker(image, { run: runCommand });
      }
      await makeDataFolders(monitorData(dirname(folder)));
      const programs = await startMonitor(folder, isOther);
      say(`${programs.join(', ')} run`);
    },
    stop: async (folder) => void (await stopMonitor(folder)),
    async judge() {
      const why = await whyNotScraped(scrapeWithinMs);
      if (why === null) return say("it gets the application host's metrics");
      if (sawBefore) throw new Error(`it no longer gets the application host's metrics: ${why}`);
      // Whoever is not up yet is no reason for nobody to look.
      say(`it does not get the application host's metrics: ${why}`);
    },
  };
}
