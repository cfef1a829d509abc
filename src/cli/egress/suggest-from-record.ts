// Reads what a suggestion is made from: the configuration as text, and the record.

import { readConfigFile } from '../../config/read-file.ts';
import type { StackFlags } from '../flags.ts';
import type { RecordSource } from '../read-decisions.ts';
import { configSurroundings } from '../stack.ts';
import { collectRecords } from './collect.ts';
import { matchesFilter, type RecordFilter } from './filter.ts';
import { type SuggestedChange, suggestChange } from './suggest-change.ts';

/** @throws ClincherError `record-missing` and what loading a configuration throws */
export async function suggestFromRecord(
  flags: StackFlags,
  source: RecordSource,
  filter: RecordFilter,
  note: (text: string) => void,
): Promise<SuggestedChange> {
  const text = await readConfigFile(flags.config);
  const all = await collectRecords(source, {}, note);
  const asked = all.filter((record) => matchesFilter(record, filter));
  return suggestChange(text, flags.config, configSurroundings(flags), asked, all);
}
