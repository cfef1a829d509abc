// What is installed on this machine that jails are given: our program, Node, the agent.

import * as z from 'zod';

export const installationSchema = z.strictObject({
  /** Host folder that holds src/, node_modules/ and package.json. */
  programRoot: z.string().startsWith('/'),
  /** Host path of the Node 24 binary. */
  nodePath: z.string().startsWith('/'),
  /** Host folder seen as /opt/agent in the gateway, or null when no agent is installed. */
  agentRoot: z.string().startsWith('/').nullable(),
  /** Host folder with compiled code that roles read at start, or null. Roles never write it. */
  compileCache: z.string().startsWith('/').nullable(),
});

export type Installation = z.infer<typeof installationSchema>;
