// The section `agent`: which program it is, in which API it asks for each model, and what of its
// own settings a person sets.

import { type Reader, unknownName } from '../kit/located/reader.ts';
import type { ModelOptions, StackOptions } from '../topology/options.ts';
import { openclawVersion } from '../topology/pins.ts';
import { agentSchema } from './agent-schema.ts';
import { readAgentSettings } from './agent-settings.ts';

export function readAgent(
  reader: Reader,
  models: readonly ModelOptions[],
  resolve: (path: string) => string,
): StackOptions['agent'] {
  const section = reader.readMap(['agent'], agentSchema);
  const names = models.map(({ name }) => name);
  const said = reader.valueAt(['agent', 'apis']);
  for (const name of typeof said === 'object' && said !== null ? Object.keys(said) : []) {
    if (!names.includes(name)) {
      reader.add(['agent', 'apis', name], unknownName('model', name, names));
    }
  }
  const settings = readAgentSettings(reader, names, resolve);
  return {
    program: 'openclaw',
    version: section?.version ?? openclawVersion,
    ...(section?.apis === undefined ? {} : { apis: section.apis }),
    ...(section?.ca === undefined ? {} : { caFile: resolve(section.ca) }),
    ...(settings === undefined ? {} : { settings }),
    at: reader.document.declaredAt(['agent']),
  };
}
