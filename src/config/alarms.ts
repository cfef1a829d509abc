// The section `alarms`: where somebody hears of what goes wrong with the agent's money.

import type { Reader } from '../kit/located/reader.ts';
import type { StackOptions } from '../topology/options.ts';
import { alarmsSchema } from './money-schema.ts';
import { secretSource } from './secret-source.ts';

export function readAlarms(
  reader: Reader,
  resolve: (path: string) => string,
): Pick<StackOptions, 'alarms'> {
  const section = reader.readMap(['alarms'], alarmsSchema);
  if (section?.host === undefined || section.webhook === undefined) return {};
  const { host, port = 443, webhook } = section;
  const at = reader.document.declaredAt(['alarms']);
  return { alarms: { host, port, source: secretSource(webhook, resolve), at } };
}
