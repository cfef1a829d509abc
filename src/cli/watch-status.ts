// `clincher status --watch`: the same table again and again. On a terminal it takes the place of
// the one before; elsewhere it is printed where more than its times has changed.

import type { Observed } from '../drivers/driver.ts';
import { statusLines } from './status-table.ts';

export interface WatchWorld {
  readonly observe: () => Promise<Observed>;
  readonly now: () => number;
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Resolves to false when it is enough. */
  readonly pause: () => Promise<boolean>;
}

/** The cursor home, and what was below it gone. */
const afresh = '\x1b[H\x1b[J';

export async function watchStatus(world: WatchWorld): Promise<void> {
  let shown = '';
  do {
    const observed = await world.observe();
    const facts = JSON.stringify(observed);
    if (!world.isTerminal && facts === shown) continue;
    const table = `${statusLines(observed, world.now()).join('\n')}\n`;
    world.write(world.isTerminal ? `${afresh}${table}` : table);
    shown = facts;
  } while (await world.pause());
}
