// The section `agent`: which program it is, and in which API it asks for each model.

import { type Reader, unknownName } from '../kit/located/reader.ts';
import type { ModelOptions, StackOptions } from '../topology/options.ts';
import { openclawVersion } from '../topology/pins.ts';
import { agentSchema } from './schema.ts';

export function readAgent(reader: Reader, models: readonly ModelOptions[]): StackOptions['agent'] {
  const section = reader.readMap(['agent'], agentSchema);
  const names = models.map(({ name }) => name);
  const said = reader.valueAt(['agent', 'apis']);
  for (const name of typeof said === 'object' && said !== null ? Object.keys(said) : []) {
    if (!names.includes(name)) {
      reader.add(['agent', 'apis', name], unknownName('model', name, names));
    }
  }
  return {
    program: 'openclaw',
    version: section?.version ?? openclawVersion,
    ...(section?.apis === undefined ? {} : { apis: section.apis }),
    at: reader.document.declaredAt(['agent']),
  };
}
