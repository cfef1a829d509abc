// What is installed on this machine that jails are given: our program and Node. The agent is a
// planned mount.

import * as z from 'zod';

export const installationSchema = z.strictObject({
  /** Host folder that holds src/, node_modules/ and package.json. */
  programRoot: z.string().startsWith('/'),
  /** Host path of the Node 24 binary. */
  nodePath: z.string().startsWith('/'),
});

export type Installation = z.infer<typeof installationSchema>;
