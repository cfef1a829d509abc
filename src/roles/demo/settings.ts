// What the demonstration provider is told. It speaks both dialects and knows nothing: see `up
// --demo`.

import * as z from 'zod';
import { listenerSchema } from '../../kit/address.ts';
import { commonSettings } from '../role.ts';

export const demoSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
});

export type DemoSettings = z.infer<typeof demoSettings>;
